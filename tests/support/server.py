"""A real server for the tests: started as a user would, asked over sockets, and killed by its pid files."""

import atexit
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import linnet

EMAIL = "owner@example.com"
PASSWORD = "correct horse battery staple"
DOMAIN = "go.localhost"
_INIT = ("init", "--json", "--email", EMAIL, "--password", PASSWORD, "--domain", DOMAIN)
# Below the range from which the system takes ports for outgoing connections.
_PORTS = range(20_000, 32_000)
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of the server; ``json`` is None when the body is something else."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body and "json" in self.headers.get("content-type", "") else None

    @property
    def location(self) -> str | None:
        return self.headers.get("location")


class Server:
    """An installation in ``directory``; ``start`` and ``stop`` may alternate. The address stays the same.

    Another node of an installation is one that ``joins`` its first node, on whose database it is.
    """

    def __init__(
        self,
        directory: Path,
        *,
        workers: int = 2,
        settings: Mapping[str, str] | None = None,
        joins: "Server | None" = None,
    ) -> None:
        self.directory = directory
        self.workers = workers
        self.port = free_port()
        self.log = directory.parent / f"{directory.name}.log"
        self._command = [sys.executable, "-m", "linnet"]
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = environment(directory, settings)
        if joins is not None:
            self.environment["LINNET_DATABASE_URL"] = joins.database_url
        self._installed: dict[str, Any] = self._install() if joins is None else joins._installed
        self.domain: str = self._installed["domain"]
        self.domain_id: int = self._installed["domainId"]
        self.secret_key: str = self._installed["secretKey"]
        self.public_key: str = self._installed["publicKey"]

    def _install(self) -> Any:
        if "LINNET_DATABASE_URL" in self.environment:
            return json.loads(self.run(*_INIT).stdout)
        made, installed = _installation()
        shutil.copytree(made, self.directory, dirs_exist_ok=True)
        return installed

    @property
    def database_url(self) -> str:
        """Where the records are."""
        return self.environment.get("LINNET_DATABASE_URL", f"sqlite:///{self.directory / 'linnet.db'}")

    @property
    def host(self) -> str:
        """What a visitor's browser sends as Host."""
        return f"{self.domain}:{self.port}"

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return f"http://localhost:{self.port}"

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command of the command line, which must succeed."""
        done = subprocess.run([*self._command, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"linnet {arguments[0]} ended with {done.returncode}: {done.stderr}")
        return done

    def start(self, *, until: str = "ready", prefix: tuple[str, ...] = (), seconds: float = 60) -> None:
        """``linnet serve``; returns when /health/<until> answers 200. ``prefix`` is a command that runs it, such as taskset."""
        command = [*prefix, *self._command, "serve", "--port", str(self.port), "--workers", str(self.workers)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self.wait(lambda: self._healthy(until), f"/health/{until} to answer 200", seconds=seconds)

    def stop(self) -> int:
        """End it as a service manager does; everything is drained when this returns, with the exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(60)
        except subprocess.TimeoutExpired:
            for name in self.process_names():
                self.kill(name)
            process.kill()
            process.wait()
            raise AssertionError(f"The server did not stop in 60 s. Its log ends with:\n{self.log_tail()}") from None

    def process_names(self) -> list[str]:
        """The names of the worker processes that should run: clicks, web-0, web-1..."""
        return sorted(file.stem for file in (self.directory / "run").glob("*.pid") if file.stem != "supervisor")

    def pid(self, name: str) -> int | None:
        """The process of that name, None when it does not run just now."""
        try:
            number = int((self.directory / "run" / f"{name}.pid").read_text())
            arguments = Path(f"/proc/{number}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return number if b"linnet" in arguments else None

    def kill(self, name: str) -> bool:
        """``kill -9``; False when there was nothing to kill."""
        number = self.pid(name)
        if number is None:
            return False
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def wait_until_replaced(self, name: str, former: int | None) -> None:
        """Wait for the supervisor to have started another process of that name."""
        self.wait(lambda: self.pid(name) not in (None, former), f"another {name}")

    def worker_of(self, connection: socket.socket) -> str | None:
        """The name of the worker that holds the other end of an accepted connection."""
        ends = (f":{self.port:04X}", f":{connection.getsockname()[1]:04X}")
        table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        inode = next(row[9] for row in table if row[1].endswith(ends[0]) and row[2].endswith(ends[1]))
        for name in self.process_names():
            if f"socket:[{inode}]" in _open_files(self.pid(name)):
                return name
        return None

    def request(
        self,
        method: str,
        target: str,
        *,
        host: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 30,
    ) -> Answer:
        """One request on a connection of its own; to the administrator's host unless another is named."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, target, body, {"Host": host or f"localhost:{self.port}", **(headers or {})})
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, received, response.read())
        finally:
            connection.close()

    def api(self, method: str, target: str, value: Any = None, *, key: str | None = None) -> Answer:
        """A call of the API with the secret key, or with ``key``."""
        headers = {"Authorization": self.secret_key if key is None else key}
        if value is None:
            return self.request(method, target, headers=headers)
        body = json.dumps(value).encode()
        return self.request(method, target, headers=headers | {"Content-Type": "application/json"}, body=body)

    def create(self, path: str | None = None, url: str = "https://example.com/", **fields: Any) -> dict[str, Any]:
        """A new link, which must be created."""
        named = {} if path is None else {"path": path}
        draft = {"domain": self.domain, "originalURL": url, "allowDuplicates": True, **named, **fields}
        answer = self.api("POST", "/links", draft)
        assert answer.status == 200, answer
        created: dict[str, Any] = answer.json
        return created

    def visit(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """Follow a short link; underscores in the names of ``headers`` stand for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(method, path, host=self.host, headers=sent)

    def link_clicks(self, link_id: str) -> int:
        """A link's clicks of all time, bots included, through the statistics API (S11)."""
        answer = self.api("GET", f"/statistics/link/{link_id}?period=total")
        assert answer.status == 200, answer
        return int(answer.json["totalClicks"])

    def answers_questions(self) -> bool:
        """Whether the statistics can be asked."""
        return self._ask_domain().status == 200

    def counts(self, clicks: int) -> bool:
        """Whether the statistics can be asked, and tell so many clicks of the domain."""
        answer = self._ask_domain()
        return answer.status == 200 and int(answer.json["clicks"]) == clicks

    def domain_clicks(self) -> int:
        """The domain's clicks of all time, bots included (S1)."""
        answer = self._ask_domain()
        assert answer.status == 200, answer
        return int(answer.json["clicks"])

    def _ask_domain(self) -> Answer:
        return self.api("GET", f"/statistics/domain/{self.domain_id}?period=total&skipTops=true")

    def metrics(self) -> dict[tuple[str, str], float]:
        """/metrics as {(name, labels as printed): value}."""
        text = self.request("GET", "/metrics").body.decode()
        return {(name, labels): float(value) for name, labels, value in _SAMPLE.findall(text)}

    def metric(self, name: str, labels: str = "") -> float:
        """One sample, 0 when it is not there."""
        return self.metrics().get((name, labels), 0.0)

    def wait(self, condition: Callable[[], bool], what: str, *, seconds: float = 20, step: float = 0.05) -> float:
        """Wait until ``condition`` holds and return how long that took; fails after ``seconds``."""
        began = time.monotonic()
        while True:
            if condition():
                return time.monotonic() - began
            waited = time.monotonic() - began
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"The server ended with {self._process.returncode}:\n{self.log_tail()}")
            if waited > seconds:
                raise AssertionError(f"Waited {waited:.1f} s in vain for {what}. The log ends with:\n{self.log_tail()}")
            time.sleep(step)

    def log_tail(self) -> str:
        """The last lines that the server wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:]) if self.log.exists() else ""

    def _healthy(self, kind: str) -> bool:
        try:
            return self.request("GET", f"/health/{kind}", timeout=5).status == 200
        except (OSError, http.client.HTTPException):
            return False


class NewServer(Server):
    """An installation that nobody has set up: its first start prints where to do that."""

    def _install(self) -> Any:
        return {"domain": DOMAIN, "domainId": 1, "secretKey": "", "publicKey": ""}

    @property
    def welcome_url(self) -> str:
        """What the last start printed."""
        printed: list[str] = re.findall(r"http://localhost:\d+/welcome\?token=\w+", self.log.read_text())
        return printed[-1]


@contextmanager
def running_server(directory: Path, *, workers: int = 2, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A new installation in ``directory``, served until the block ends."""
    server = Server(directory, workers=workers, settings=settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@cache
def _installation() -> tuple[str, Any]:
    """An installation to be copied, made once in a process: it takes as long as a start."""
    where = tempfile.TemporaryDirectory(prefix="linnet-installation-")
    atexit.register(where.cleanup)
    command = [sys.executable, "-m", "linnet", *_INIT]
    done = subprocess.run(command, env=environment(Path(where.name)), capture_output=True, text=True, check=True)
    return where.name, json.loads(done.stdout)


def environment(directory: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with nothing of an installation in it but the given directory and settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINNET_")}
    # What is measured and tested here are the server's own bounds; the tests of limits set them.
    inherited["LINNET_RATE_LIMITS"] = "off"
    sources = str(Path(linnet.__file__).parents[1])
    return inherited | {"LINNET_DATA_DIR": str(directory), "PYTHONPATH": sources} | dict(settings or {})


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("No free port was found.")


def _open_files(pid: int | None) -> set[str]:
    found = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(os.readlink(descriptor))
    return found
