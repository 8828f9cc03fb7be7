"""Loading block-lists: what is kept of each, and what becomes of lists that cannot be read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from linnet.compose import block_lists
from linnet.compose.block_lists import listed_host, listed_hosts, load_block_lists
from linnet.compose.places import Places
from linnet.model.errors import InvalidField
from linnet.network.harmful import HarmfulIndex
from linnet.settings import Settings, read_settings
from tests.network.sites import respond, site


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    file = tmp_path / "hosts.txt"
    file.write_text("0.0.0.0 evil.example\n# comment\n||bad.example^\n\xff\n")
    return file


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., Settings]:
    (tmp_path / "data").mkdir()

    def make(*sources: object) -> Settings:
        given = {"LINNET_DATA_DIR": str(tmp_path / "data"), "LINNET_BLOCK_LIST": ",".join(map(str, sources))}
        return read_settings(given | {"LINNET_FETCH_ALLOWED_NETWORKS": "127.0.0.0/8"})

    return make


def version(settings: Settings) -> int:
    index = HarmfulIndex(Places(settings.data_dir).harmful, writing=True)
    try:
        return index.version()
    finally:
        index.close()


def test_a_file_is_loaded_and_an_unchanged_one_is_not_loaded_again(settings_of: Callable[..., Settings], list_file: Path):
    settings = settings_of(list_file)
    assert load_block_lists(settings)
    assert listed_hosts(settings) == 2
    assert listed_host(settings, "www.evil.example") == "evil.example"
    assert listed_host(settings, "https://good.example/evil.example") is None
    before = version(settings)
    assert load_block_lists(settings)
    assert version(settings) == before
    list_file.write_text("other.example\n")
    assert load_block_lists(settings)
    assert (listed_host(settings, "evil.example"), listed_host(settings, "other.example")) == (None, "other.example")


def test_a_list_that_is_gone_counts_as_it_was_and_one_that_is_not_asked_for_any_more_does_not(
    settings_of: Callable[..., Settings], list_file: Path, tmp_path: Path
):
    other = tmp_path / "other.txt"
    other.write_text("other.example")
    settings = settings_of(list_file, other)
    assert load_block_lists(settings)
    list_file.unlink()
    other.write_text("new.example")
    assert not load_block_lists(settings)
    assert listed_host(settings, "evil.example") == "evil.example"
    assert listed_host(settings, "new.example") == "new.example"
    alone = settings_of(other)
    assert load_block_lists(alone)
    assert listed_host(alone, "evil.example") is None
    assert len(list(Places(alone.data_dir).block_lists.iterdir())) == 1


def test_a_list_is_fetched_and_what_comes_broken_or_is_none_leaves_the_last_copy(settings_of: Callable[..., Settings]):
    answers = [(200, "text/plain", b"evil.example\n"), (500, "text/plain", b""), (200, "text/html", b"<p>log in</p>")]

    def answer(handler: object) -> None:
        status, kind, body = answers[0]
        respond(handler, body, status=status, kind=kind)  # type: ignore[arg-type]

    with site(answer) as lists:
        settings = settings_of(lists.url("/list"))
        assert load_block_lists(settings)
        for _ in range(2):
            answers.pop(0)
            assert not load_block_lists(settings)
            assert listed_host(settings, "evil.example") == "evil.example"
    assert not load_block_lists(settings)
    assert listed_host(settings, "evil.example") == "evil.example"


def test_addresses_in_private_networks_are_not_fetched_unless_allowed(settings_of: Callable[..., Settings]):
    with site(lambda handler: respond(handler, b"evil.example", kind="text/plain")) as lists:
        settings = replace(settings_of(lists.url()), fetch_allowed_networks=())
        assert not load_block_lists(settings)
        assert (listed_hosts(settings), lists.seen) == (0, [])


def test_a_list_has_a_bound(settings_of: Callable[..., Settings], list_file: Path, monkeypatch: pytest.MonkeyPatch):
    settings = settings_of(list_file)
    monkeypatch.setattr(block_lists, "_MAX_BYTES", 10)
    assert not load_block_lists(settings)
    monkeypatch.setattr(block_lists, "_MAX_BYTES", 1000)
    monkeypatch.setattr(block_lists, "MAX_ENTRIES", 1)
    assert load_block_lists(settings)
    assert listed_hosts(settings) == 1


@pytest.mark.parametrize("address", ["", "not a host", "ftp://x.example", "https://"])
def test_what_is_no_address_is_refused(settings_of: Callable[..., Settings], address: str):
    with pytest.raises(InvalidField):
        listed_host(settings_of(), address)
