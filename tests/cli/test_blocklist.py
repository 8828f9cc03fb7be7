"""``linnet blocklist``, as scripts use it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_host_is_looked_up_in_the_lists_that_are_loaded(linnet: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "hosts.txt"
    file.write_text("0.0.0.0 evil.example\n")
    monkeypatch.setenv("LINNET_BLOCK_LIST", str(file))
    assert linnet("blocklist", "check", "evil.example").code == 0
    loaded = linnet("blocklist", "load")
    assert (loaded.code, loaded.out) == (0, "Hosts on the lists: 1\n")
    listed = linnet("blocklist", "check", "https://www.evil.example/x", "--json")
    assert (listed.code, json.loads(listed.out)["listed"]) == (1, "evil.example")
    assert linnet("blocklist", "check", "good.example").code == 0
    file.unlink()
    assert linnet("blocklist", "load").code == 1
    assert linnet("blocklist", "check", "evil.example").code == 1


def test_what_is_no_host_is_one_line_and_exit_code_1(linnet: Run):
    refused = linnet("blocklist", "check", "no host")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("linnet: ")
