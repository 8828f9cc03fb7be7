"""The data directory: where each thing lies in it, and the secrets of the installation."""

import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linnet.storage.sealing import Seal

# The secrets by their names in the file, and how many bytes each has.
_BYTES: Final = {"session": 32, "page_token": 32, "node": 4, "sealing": 32}


@dataclass(frozen=True, slots=True)
class Places:
    """The layout of a data directory."""

    root: Path

    @property
    def routes(self) -> Path:
        return self.root / "routes.mdb"

    @property
    def counters(self) -> Path:
        return self.root / "counters.mdb"

    @property
    def journal(self) -> Path:
        return self.root / "journal"

    @property
    def clicks(self) -> Path:
        return self.root / "clicks.duckdb"

    @property
    def search(self) -> Path:
        return self.root / "search.db"

    @property
    def clickhouse_batch(self) -> Path:
        return self.root / "clickhouse.batch"

    @property
    def salts(self) -> Path:
        return self.root / "clicks.salts"

    @property
    def geo(self) -> Path:
        return self.root / "geo"

    @property
    def block_lists(self) -> Path:
        return self.root / "block-lists"

    @property
    def harmful(self) -> Path:
        return self.root / "harmful.mdb"

    @property
    def audit_head(self) -> Path:
        return self.root / "audit.head"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def metrics(self) -> Path:
        return self.run / "metrics"

    @property
    def rates(self) -> Path:
        return self.run / "rates.mdb"

    @property
    def attempts(self) -> Path:
        return self.run / "attempts.mdb"

    @property
    def statistics_socket(self) -> Path:
        return self.run / "statistics.sock"

    def create(self) -> None:
        """Make the directories that are missing, for the owner's eyes alone."""
        for directory in (self.root, self.journal, self.geo, self.run, self.metrics):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs sessions and page tokens, this node's name in the journal, and the key under which secrets are stored."""

    session: bytes
    page_token: bytes
    node: str
    sealing: bytes

    @property
    def click_key(self) -> bytes:
        """What signs the ids of clicks, derived so that older installations need no new secret."""
        return hmac.digest(self.page_token, b"click-ids", "sha256")

    @property
    def unlock_key(self) -> bytes:
        """What signs the cookies of links whose password was given, derived likewise."""
        return hmac.digest(self.page_token, b"unlocked-links", "sha256")

    @property
    def seal(self) -> Seal:
        """What seals the secrets in the database."""
        return Seal(self.sealing)

    @property
    def setup_token(self) -> str:
        """What the first start prints, so that no stranger can make himself the owner; of no use once there is one."""
        return hmac.digest(self.session, b"set-up", "sha256").hex()[:40]


def load_secrets(places: Places) -> Secrets:
    """The installation's secrets from ``secrets.json`` (0600); those that are missing are made on first use."""
    path = places.root / "secrets.json"
    kept = _kept(path)
    if kept is None or not kept.keys() >= _BYTES.keys():
        with _alone(places.root):
            kept = {name: secrets.token_hex(size) for name, size in _BYTES.items()} | (_kept(path) or {})
            _write(path, kept)
    return Secrets(
        session=bytes.fromhex(kept["session"]),
        page_token=bytes.fromhex(kept["page_token"]),
        node=kept["node"],
        sealing=bytes.fromhex(kept["sealing"]),
    )


def _kept(path: Path) -> dict[str, str] | None:
    try:
        found: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return found


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Nobody else is in here at the same time, in whatever process."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, kept: dict[str, str]) -> None:
    draft = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
