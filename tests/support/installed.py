"""Databases and installations that are there at once: tables are made once for all tests of a process, and each password hashed
once, which would be most of the time of most tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from linnet.actions import installation
from linnet.actions.installation import Installed
from linnet.actions.passwords import hash_password
from linnet.storage import migrations
from linnet.storage.database import Database

EMAIL: Final = "owner@example.com"
PASSWORD: Final = "correct horse"
HOST: Final = "go.example"

hashed = cache(hash_password)


def migrated(file: Path) -> Database:
    """A database with all tables and without rows, in a new SQLite file."""
    file.write_bytes(_tables())
    return Database(f"sqlite:///{file}")


def install(database: Database, *, email: str = EMAIL, password: str = PASSWORD) -> Installed:
    """An owner with the domain ``go.example`` and two keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installation, "hash_password", hashed)
        return installation.initialise(database, email=email, password=password, hostname=HOST)


@cache
def _tables() -> bytes:
    with TemporaryDirectory() as directory:
        file = Path(directory, "tables.db")
        database = Database(f"sqlite:///{file}")
        migrations.upgrade(database)
        database.close()
        assert not file.with_name("tables.db-wal").exists()
        return file.read_bytes()
