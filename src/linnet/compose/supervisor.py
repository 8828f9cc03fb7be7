"""The supervisor: listens, starts the workers, starts those that die again, and drains them at the end."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linnet.compose.places import Places
from linnet.settings import Settings

_DRAIN_SECONDS = 25.0
_LONGEST_PAUSE_SECONDS = 5.0
_STEADY_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Worker:
    """A slot for a worker process; ``pause_seconds`` grows while it keeps dying young."""

    name: str
    arguments: list[str]
    inherits: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause_seconds: float = 0.0
    due_at: float = field(default=0.0)


class Supervisor:
    """Runs until SIGTERM or SIGINT. SIGHUP replaces the workers one by one, without a refused connection."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self._settings = settings
        self._places = Places(settings.data_dir)
        self._environment = environment
        self._workers: list[Worker] = []
        self._stopping = False
        self._renewing: list[Worker] = []

    def run(self, listeners: Sequence[socket.socket]) -> None:
        """Serve on ``listeners``, one for each web worker; returns after everything has stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._renew)
        self._plan([listener.fileno() for listener in listeners])
        self._note_pid("supervisor", os.getpid())
        while not self._stopping:
            self._tend()
            self._sleep(0.05)
        self._drain()
        (self._places.run / "supervisor.pid").unlink(missing_ok=True)

    def _plan(self, descriptors: list[int]) -> None:
        self._workers.append(Worker("clicks", ["clicks"]))
        for slot, own in enumerate(descriptors):
            name = f"web-{slot}"
            others = [str(each) for each in descriptors if each != own]
            arguments = ["web", "--name", name, "--fd", str(own), "--others", *others]
            self._workers.append(Worker(name, arguments, tuple(descriptors)))

    def _tend(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.process is not None and worker.process.poll() is not None:
                self._bury(worker, now)
            if worker.process is None and now >= worker.due_at and not self._stopping:
                self._start(worker, now)
        self._renew_next()

    def _start(self, worker: Worker, now: float) -> None:
        parent = os.getpid()

        def die_with_parent() -> None:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

        worker.process = subprocess.Popen(
            [sys.executable, "-m", "linnet", "worker", *worker.arguments],
            pass_fds=worker.inherits,
            env=self._environment,
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
        worker.started_at = now
        self._note_pid(worker.name, worker.process.pid)

    def _bury(self, worker: Worker, now: float) -> None:
        assert worker.process is not None
        code = worker.process.returncode
        worker.process = None
        if worker in self._renewing:
            self._renewing.remove(worker)
        elif not self._stopping:
            _say(f"worker {worker.name} ended with {code}; starting it again")
        steady = now - worker.started_at > _STEADY_SECONDS
        worker.pause_seconds = 0.0 if steady else min(_LONGEST_PAUSE_SECONDS, worker.pause_seconds * 2 or 0.1)
        worker.due_at = now + (0.0 if steady else worker.pause_seconds)

    def _renew_next(self) -> None:
        if self._renewing and not any(worker.process is None for worker in self._workers):
            process = self._renewing[0].process
            others = [worker for worker in self._workers if worker not in self._renewing]
            if process is not None and all(time.monotonic() - worker.started_at > 1.0 for worker in others):
                process.terminate()

    def _drain(self) -> None:
        # Visitors first; then the clicks worker, which takes in what they left in the journal.
        web = [worker for worker in self._workers if worker.name != "clicks"]
        clicks = [worker for worker in self._workers if worker.name == "clicks"]
        for group in (web, clicks):
            for worker in group:
                if worker.process is not None:
                    worker.process.terminate()
            deadline = time.monotonic() + _DRAIN_SECONDS
            for worker in group:
                if worker.process is not None:
                    _wait(worker.process, deadline)
                (self._places.run / f"{worker.name}.pid").unlink(missing_ok=True)

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True

    def _renew(self, number: int, frame: object) -> None:
        self._renewing = list(self._workers)

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _note_pid(self, name: str, pid: int) -> None:
        # Written in place and of one length, which takes no new room: a full disk must not end the server.
        path: Path = self._places.run / f"{name}.pid"
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, f"{pid:<10}\n".encode())
            finally:
                os.close(descriptor)


def _wait(process: "subprocess.Popen[bytes]", deadline: float) -> None:
    try:
        process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        print(f"linnet: {text}", file=sys.stderr, flush=True)  # noqa: T201
