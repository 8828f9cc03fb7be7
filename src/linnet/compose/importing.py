"""The clicks worker's imports of links: what people ask for on the dashboard is done here, whoever is killed in between."""

import threading
import time
from typing import Final

import structlog

from linnet.actions.context import Context, none_is_harmful
from linnet.actions.imports import forget_imports, lease_import
from linnet.actions.sign_in import user_actor
from linnet.compose.follow import publisher
from linnet.compose.rounds import Rounds
from linnet.edge.follower import Follower
from linnet.importers.run import go_on
from linnet.model.access import Actor
from linnet.model.link_import import LinkImport
from linnet.network.harmful import HarmfulHosts, HarmfulIndex
from linnet.settings import Settings
from linnet.storage.database import Database

_PAUSE_SECONDS: Final = 0.5
_FORGET_SECONDS: Final = 600.0
_AT_ONCE: Final = 20
_SYSTEM: Final = 0
_log = structlog.get_logger("linnet.imports")


class Imports:
    """A thread that goes on with imports, one at a time; ``stop`` ends it behind the portion that is at work. ``harmful`` is
    the index of the block-lists, if there are any."""

    def __init__(self, settings: Settings, database: Database, follower: Follower, harmful: HarmfulIndex | None) -> None:
        self._settings = settings
        self._database = database
        self._publish = publisher(follower)
        self._harmful = HarmfulHosts(harmful) if harmful is not None else None
        self._forgot_at = -_FORGET_SECONDS
        self._rounds = Rounds("imports", self._go_round, pause_seconds=_PAUSE_SECONDS)

    def stop(self) -> None:
        """End the thread and wait for it; another worker goes on where it was."""
        self._rounds.stop(within_seconds=20)

    def _go_round(self, ended: threading.Event) -> None:
        system = self._context(Actor(user_id=_SYSTEM))
        while not ended.is_set() and (job := lease_import(system)) is not None:
            _log.info("imports.goes_on", number=job.id, rows=job.rows, done=job.done)
            go_on(self._of_owner(job), job, ended.is_set)
        if time.monotonic() - self._forgot_at >= _FORGET_SECONDS:
            self._forgot_at = time.monotonic()
            forget_imports(system, limit=_AT_ONCE)

    def _of_owner(self, job: LinkImport) -> Context:
        """What the owner of the import may do now, which may be less than when it was asked for."""
        return self._context(user_actor(self._database, job.user_id, second_factor=bool(job.wish.get("secondFactor"))))

    def _context(self, actor: Actor) -> Context:
        return Context(
            actor=actor,
            database=self._database,
            publish=self._publish,
            signing_key=b"",
            max_domains=self._settings.max_domains,
            max_links=self._settings.max_links,
            harmful_host=self._harmful.listed_host if self._harmful is not None else none_is_harmful,
        )
