"""The official Node client, driven from Python: one process, one call a line."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.needs import leave_out

# Where the client is installed.
HOME = Path(__file__).parents[1] / "journey"


@dataclass(frozen=True, slots=True)
class Result:
    """What a call of the client gave: ``data`` on success, ``error`` otherwise, with the HTTP status."""

    status: int
    data: Any
    error: Any


class OfficialClient:
    """``@short.io/client-node``, set up as an owner would: a base URL and a key."""

    def __init__(self, base_url: str, key: str) -> None:
        require_client()
        self._process = subprocess.Popen(
            ["node", str(HOME / "client.mjs"), base_url, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, operation: str, **options: Any) -> Result:
        """One operation with its ``body``, ``path`` and ``query``; what succeeds must fit the client's own schema."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"operation": operation, "options": options}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["mismatch"] is None, f"{operation} answered what the client's schema refuses: {answer['mismatch']}"
        return Result(answer["status"], answer.get("data"), answer.get("error"))

    def ask(self, operation: str, *, status: int = 200, **options: Any) -> Any:
        """The data of an operation that must succeed with ``status``."""
        result = self.call(operation, **options)
        assert result.status == status, result
        return result.data

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def require_client() -> None:
    """Leave the test out where Node or the client is not installed."""
    if shutil.which("node") and (HOME / "node_modules" / "@short.io" / "client-node").is_dir():
        return
    leave_out("Node 20 and its client are needed: run npm ci in tests/journey")
