"""The data directory, its secrets, and whether its route index can be trusted."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from linnet.compose import trust
from linnet.compose.places import Places, load_secrets
from linnet.compose.serving import CannotServe, Serving
from linnet.settings import read_settings


def test_secrets_are_made_once_and_for_the_owners_eyes(tmp_path: Path):
    places = Places(tmp_path / "data")
    places.create()
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: load_secrets(places), range(16)))
    assert len(made) == 1
    assert stat.S_IMODE((places.root / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(places.root.stat().st_mode) == 0o700
    assert [path.name for path in places.root.glob("*.tmp")] == []


def test_an_older_installation_gets_the_secrets_that_it_lacks_and_keeps_the_others(tmp_path: Path):
    places = Places(tmp_path)
    older = {"session": "11" * 32, "page_token": "22" * 32, "node": "abcd1234"}
    (tmp_path / "secrets.json").write_text(json.dumps(older))
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: load_secrets(places), range(16)))
    assert len(made) == 1
    found = made.pop()
    assert (found.session, found.page_token, found.node) == (b"\x11" * 32, b"\x22" * 32, "abcd1234")
    assert len(found.sealing) == 32
    assert load_secrets(places) == found
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_an_index_that_was_open_when_the_machine_went_down_is_discarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    index = tmp_path / "routes.mdb"
    index.mkdir()
    (index / "data.mdb").write_bytes(b"pages")
    trust.mark_open(index)
    assert not trust.discard_if_torn(index)
    another_boot = tmp_path / "boot_id"
    another_boot.write_text("another boot\n")
    monkeypatch.setattr(trust, "_BOOT_ID", another_boot)
    assert trust.discard_if_torn(index)
    assert not index.exists()


def test_an_index_that_was_closed_in_order_survives_a_reboot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    index = tmp_path / "routes.mdb"
    index.mkdir()
    trust.mark_open(index)
    trust.mark_closed(index)
    monkeypatch.setattr(trust, "_BOOT_ID", tmp_path / "missing")
    assert not trust.discard_if_torn(index)


def test_a_data_directory_has_one_server_at_a_time(tmp_path: Path):
    settings = read_settings({"LINNET_DATA_DIR": str(tmp_path / "data"), "LINNET_PORT": "0"})
    with Serving(settings), pytest.raises(CannotServe, match="Another server"), Serving(settings):
        pass
    with Serving(settings) as again:
        assert again.port > 0


def test_an_address_in_use_is_told(tmp_path: Path):
    first = read_settings({"LINNET_DATA_DIR": str(tmp_path / "a"), "LINNET_PORT": "0"})
    with Serving(first) as serving:
        second = read_settings({"LINNET_DATA_DIR": str(tmp_path / "b"), "LINNET_PORT": str(serving.port)})
        with pytest.raises(CannotServe, match=f"127.0.0.1:{serving.port}"), Serving(second):
            pass
