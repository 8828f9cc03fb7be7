"""The command line on an installation of its own, in this process."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from linnet.cli import main
from linnet.storage.database import Database

PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an owner and ``go.example``, to be copied."""
    directory = tmp_path_factory.mktemp("cli") / "linnet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sys.argv", ["linnet", "init", "--email", "owner@example.com", "--password", PASSWORD, "--domain", "go.example"]
        )
        patch.setenv("LINNET_DATA_DIR", str(directory))
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0
    return directory


@pytest.fixture
def directory(initialised: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(initialised, tmp_path / "linnet"))


@pytest.fixture
def linnet(directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command as a script would: exit code, standard output, standard error."""
    monkeypatch.setenv("LINNET_DATA_DIR", str(directory))

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["linnet", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def database(directory: Path) -> Any:
    opened = Database(f"sqlite:///{directory / 'linnet.db'}")
    yield opened
    opened.close()
