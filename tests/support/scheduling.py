"""Which process runs which test: those that share a server are run by one, so that it is started once."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parents[1]


class BySharedServer(LoadScopeScheduling):
    """Folders whose ``conftest.py`` runs a server are one piece of work each, or their files where it runs one for each
    (``scope="module"``); every other test is one."""

    def _split_scope(self, nodeid: str) -> str:
        _, folder, *_ = nodeid.split("/", 2)
        return {"session": folder, "module": nodeid.partition("::")[0]}.get(_server_of(folder), nodeid)


@cache
def _server_of(folder: str) -> str:
    """Who shares a server: a folder's tests ("session"), a file's ("module"), or nobody ("")."""
    conftest = TESTS / folder / "conftest.py"
    text = conftest.read_text() if conftest.exists() else ""
    if "running_server(" not in text:
        return ""
    return "module" if '@pytest.fixture(scope="module")\ndef server(' in text else "session"
