"""The data directory: where each thing lies in it, and the secrets of the installation."""

import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


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
    """What signs sessions and page tokens, and this node's name in the journal."""

    session: bytes
    page_token: bytes
    node: str

    @property
    def click_key(self) -> bytes:
        """What signs the ids of clicks, derived so that older installations need no new secret."""
        return hmac.digest(self.page_token, b"click-ids", "sha256")

    @property
    def unlock_key(self) -> bytes:
        """What signs the cookies of links whose password was given, derived likewise."""
        return hmac.digest(self.page_token, b"unlocked-links", "sha256")


def load_secrets(places: Places) -> Secrets:
    """The installation's secrets from ``secrets.json`` (0600), made on first use."""
    path = places.root / "secrets.json"
    if not path.exists():
        fresh = {"session": secrets.token_hex(32), "page_token": secrets.token_hex(32), "node": secrets.token_hex(4)}
        draft = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(fresh, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept = json.loads(path.read_text())
    return Secrets(bytes.fromhex(kept["session"]), bytes.fromhex(kept["page_token"]), kept["node"])
