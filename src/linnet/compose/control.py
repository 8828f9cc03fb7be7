"""What the command line does with an installation, whether its server runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from linnet.actions import installation, keys
from linnet.actions.installation import Installed
from linnet.compose.places import Places, load_secrets
from linnet.model.access import Actor, ApiKey, KeyKind
from linnet.model.errors import DomainNotFound, InvalidField
from linnet.settings import Settings
from linnet.storage import migrations
from linnet.storage.database import Database


@dataclass(frozen=True, slots=True)
class Control:
    """The administrator's commands on one database. All raise refusals."""

    database: Database

    def initialise(self, *, email: str, password: str, hostname: str) -> Installed:
        """Create the owner, the first domain and its keys; AlreadyInitialised when there is an owner."""
        migrations.upgrade(self.database)
        return installation.initialise(self.database, email=email, password=password, hostname=hostname)

    def migrate(self) -> bool:
        """Migrate to this version's schema; False when there was nothing to do."""
        if self.database.exists() and migrations.is_current(self.database):
            return False
        migrations.upgrade(self.database)
        return True
