"""How long starts take, and what the route index and the processes take up."""

import time
from dataclasses import replace
from pathlib import Path

from bench.load import PLAIN, RULES, Target, measure
from bench.seeding import seed
from bench.support import Result, held, median, memory_megabytes, note, own_megabytes, timed_start, wait_for_quiet
from linnet.edge.routes import RouteIndex
from linnet.storage.database import Database
from tests.support.server import Server

# Fewer routes than this are on no page of the index.
_STEP = 8
_STARTS = 3


def starts(server: Server, links: int) -> list[Result]:
    """Links for the server, its first start and others, its index and its idle memory; leaves it running."""
    began = time.monotonic()
    seed(Database(server.database_url), server.domain_id, links)
    note(f"made {links:,} links in {time.monotonic() - began:.1f} s; building the route index")
    first = timed_start(server)
    taken = []
    for _ in range(_STARTS):
        server.stop()
        wait_for_quiet()
        taken.append(timed_start(server))
    time.sleep(5)
    return [
        Result(f"start to ready with {links:,} links", median(taken), "s", 3, 1),
        Result("first start after a restore, with the route index to build", first, "s"),
        *_index_size(server.directory / "routes.mdb"),
        *_memory(server, "idle", 400, 250),
    ]


def touched(server: Server, ours: Target, per_second: float) -> list[Result]:
    """Memory when the one worker has used every page of the index; it answers about so many requests a second."""
    with held(server):
        for kind, links in ((PLAIN, ours.links), (RULES, ours.ruled)):
            seconds = 1 + links / _STEP / per_second
            while measure(ours, replace(kind, step=_STEP), seconds=seconds).requests * _STEP < links:
                seconds *= 2
    time.sleep(5)
    return [*_memory(server, "every page of the index used"), *worker_memory(ours.pids[0], "every page of the index used")]


def worker_memory(pid: int, when: str) -> list[Result]:
    """The memory of one web worker."""
    own, resident = own_megabytes(pid)
    return [
        Result(f"a worker's own memory, {when}", own, "MB"),
        Result(f"a worker's resident memory with its pages of the index, {when}", resident, "MB"),
    ]


def _memory(server: Server, when: str, budget: float | None = None, stretch: float | None = None) -> list[Result]:
    """The memory of all processes of the installation."""
    supervisor = server.pid("supervisor")
    assert supervisor is not None
    resident, proportional = memory_megabytes(supervisor)
    return [
        Result(f"memory of the installation, {when} (shared pages once)", proportional, "MB", budget, stretch),
        Result(f"memory of the installation, {when} (sum of resident sizes)", resident, "MB"),
    ]


def _index_size(directory: Path) -> list[Result]:
    index = RouteIndex(directory)
    routes, size = index.size()
    index.close()
    return [Result("route index per million links", size / routes, "MB"), Result("route index", size / 1e6, "MB")]
