"""The click store as the settings name it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.compose.click_stores import open_store
from linnet.compose.places import Places
from linnet.settings import read_settings
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import common_rules


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """A process that lets everybody read the files that it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_to_all")
def test_nobody_else_reads_the_clicks_in_whatever_directory_they_lie(tmp_path: Path):
    settings, places = read_settings({"LINNET_DATA_DIR": str(tmp_path)}), Places(tmp_path)
    for _ in range(2):
        opened = open_store(settings, places, judge_by(common_rules()), "rules")
        opened.store.write_portions([])
        files = [file for file in tmp_path.iterdir() if file.name.startswith("clicks.duckdb")]
        assert {file.name: file.stat().st_mode & 0o777 for file in files} == dict.fromkeys(
            ["clicks.duckdb", "clicks.duckdb.wal"], 0o600
        )
        opened.store.close()
        # As versions left it that did not look.
        places.clicks.chmod(0o644)
