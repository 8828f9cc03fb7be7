"""The clicks worker's checks of domains: each is looked at again now and then, and served once its proof is there."""

import threading
from datetime import UTC, datetime, timedelta
from functools import partial

from linnet.actions.context import Context
from linnet.actions.domain_checks import check_due_domains
from linnet.compose.follow import publisher
from linnet.compose.names import name_servers
from linnet.compose.rounds import Rounds
from linnet.edge.follower import Follower
from linnet.settings import Settings
from linnet.storage.database import Database

_PAUSE_SECONDS = 5.0
_AT_ONCE = 20


class DomainChecks:
    """A thread that checks the domains whose turn it is; ``stop`` ends it."""

    def __init__(self, settings: Settings, database: Database, follower: Follower) -> None:
        self._every = timedelta(seconds=settings.domain_check_seconds)
        self._make_context = partial(
            Context, database=database, publish=publisher(follower), signing_key=b"", names=name_servers(settings)
        )
        pause = min(_PAUSE_SECONDS, self._every.total_seconds())
        self._rounds = Rounds("domains", self._go_round, pause_seconds=pause) if settings.domain_check_seconds else None

    def stop(self) -> None:
        """End the checks and wait for the one that is under way."""
        if self._rounds is not None:
            self._rounds.stop()

    def _go_round(self, ended: threading.Event) -> None:
        check_due_domains(
            lambda actor: self._make_context(actor=actor),
            datetime.now(UTC) - self._every,
            limit=_AT_ONCE,
            is_ended=ended.is_set,
        )
