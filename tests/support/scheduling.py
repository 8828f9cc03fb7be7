"""Which process runs which test: those that share a server are run by one, so that it is started once."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parents[1]


class BySharedServer(LoadScopeScheduling):
    """Folders whose ``conftest.py`` runs a server are one piece of work each; every other test is one."""

    def _split_scope(self, nodeid: str) -> str:
        _, folder, *_ = nodeid.split("/", 2)
        return folder if _runs_a_server(folder) else nodeid


@cache
def _runs_a_server(folder: str) -> bool:
    conftest = TESTS / folder / "conftest.py"
    return conftest.exists() and "running_server(" in conftest.read_text()
