"""The clicks worker's checks of domains: each is looked at again now and then, and served once its proof is there."""

import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from linnet.actions.context import Context
from linnet.actions.domain_checks import check_due_domains
from linnet.compose.follow import publisher
from linnet.compose.names import name_servers
from linnet.edge.follower import Follower
from linnet.settings import Settings
from linnet.storage.database import Database

_PAUSE_SECONDS = 5.0
_AT_ONCE = 20
_log = structlog.get_logger("linnet.domains")


class DomainChecks:
    """A thread that checks the domains whose turn it is; ``stop`` ends it."""

    def __init__(self, settings: Settings, database: Database, follower: Follower) -> None:
        self._every = timedelta(seconds=settings.domain_check_seconds)
        self._make_context = partial(
            Context, database=database, publish=publisher(follower), signing_key=b"", names=name_servers(settings)
        )
        self._ended = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="domains", daemon=True)
        if settings.domain_check_seconds:
            self._thread.start()

    def stop(self) -> None:
        """End the checks and wait for the one that is under way."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(10)

    def _run(self) -> None:
        pause = min(_PAUSE_SECONDS, self._every.total_seconds())
        while not self._ended.wait(pause):
            try:
                check_due_domains(
                    lambda actor: self._make_context(actor=actor),
                    datetime.now(UTC) - self._every,
                    limit=_AT_ONCE,
                    is_ended=self._ended.is_set,
                )
            except Exception as error:
                # Whatever it was (a locked database, a full disk): the checks go on when it is over.
                if not self._failing:
                    _log.error("domains.waiting", error=str(error))
                self._failing = True
            else:
                self._failing = False
