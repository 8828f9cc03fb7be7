"""A reader of the guides: somebody with a server, a key, a domain and an empty directory, who pastes programs and runs them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tests.guides.pages import Page, Program
from tests.support import needs
from tests.support.official import HOME as NODE_HOME
from tests.support.official import require_client
from tests.support.server import Answer, Server

PATH: Final = "spring-sale"
_RUNS: Final = {
    "python": ([sys.executable], "guide.py"),
    "js": (["node"], "guide.mjs"),
    "ruby": (["ruby"], "guide.rb"),
    "sh": (["sh", "-eu"], "guide.sh"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """``domain_id`` is None when the domain is not in the installation."""

    server: Server
    domain: str
    domain_id: int | None
    directory: Path

    def start(self, program: Program, **changed: str) -> "subprocess.CompletedProcess[str]":
        """Run a program in a directory of its own; ``changed`` are other environment variables than the reader's."""
        _require(program)
        command, file = _RUNS[program.language]
        home = self.directory / str(program)
        home.mkdir()
        (home / file).write_text(program.source)
        if program.needs_official_client:
            (home / "node_modules").symlink_to(NODE_HOME / "node_modules")
        return subprocess.run(
            [*command, file],
            cwd=home,
            env=self._environment() | changed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def run(self, program: Program) -> str:
        """What a program prints that must succeed, and must print something."""
        done = self.start(program)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert done.stdout.strip() != ""
        return done.stdout

    def made_by(self, program: Program, file: str) -> bytes:
        """A file that a program left."""
        return (self.directory / str(program) / file).read_bytes()

    def create(self, path: str = PATH, url: str = "https://example.com/spring", **fields: Any) -> dict[str, Any]:
        """The link that the page says must be there."""
        return self.server.create(path, url, domain=self.domain, title="Spring sale", tags=["spring"], **fields)

    def ask(self, method: str, target: str, value: Any = None) -> Any:
        """An answer of the API, which must be a success."""
        answer = self.server.api(method, target, value)
        assert answer.status in (200, 201), answer
        return answer.json

    def link(self, path: str = PATH) -> dict[str, Any] | None:
        """The link with that path as the API shows it, None when there is none."""
        answer = self.server.api("GET", f"/links/expand?domain={self.domain}&path={quote(path, safe='')}")
        assert answer.status in (200, 404), answer
        found: dict[str, Any] | None = answer.json if answer.status == 200 else None
        return found

    def visit(self, path: str, **headers: str) -> Answer:
        """Follow a short link of the domain; underscores in the names of ``headers`` stand for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.request("GET", f"/{path}", host=f"{self.domain}:{self.server.port}", headers=sent)

    def _environment(self) -> dict[str, str]:
        programs = [str(Path(sys.executable).parent), os.environ["PATH"]]
        return self.server.environment | {
            "PATH": os.pathsep.join(programs),
            "LINNET_URL": self.server.base_url,
            "LINNET_KEY": self.server.secret_key,
            "LINNET_DOMAIN": self.domain,
        }


def _require(program: Program) -> None:
    """Leave out what cannot be run here."""
    if program.needs_official_client:
        require_client()
    needs.program(_RUNS[program.language][0][0])


def page_of(program: Program) -> Page:
    """The page that a program stands on."""
    return Page(program.page)
