"""The index of block-lists, as processes share it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.model.blocklist import Entry
from linnet.network.harmful import HarmfulHosts, HarmfulIndex

ENTRIES = [Entry("evil.example"), Entry("part.example", "/a"), Entry("part.example", "/b?x"), Entry("whole.example", "")]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[HarmfulIndex]:
    opened = HarmfulIndex(tmp_path / "harmful.mdb", writing=True)
    yield opened
    opened.close()


def test_hosts_are_found_with_everything_below_them(index: HarmfulIndex):
    assert index.replace(ENTRIES, b"1") == 3
    hosts = HarmfulHosts(index)
    for url in (
        "https://evil.example",
        "http://EVIL.example.:8080/x",
        "https://a.b.evil.example?q=/",
        "https://u@evil.example/",
    ):
        assert hosts.listed_host(url) == "evil.example", url
    for url in (
        "https://example/",
        "https://notevil.example/",
        "https://evil.example.com/",
        "https://good.example/evil.example",
    ):
        assert hosts.listed_host(url) is None, url


def test_addresses_that_begin_alike_are_found_and_others_on_the_host_are_not(index: HarmfulIndex):
    index.replace([*ENTRIES[1:3]], b"1")
    hosts = HarmfulHosts(index)
    for _ in range(2):
        assert hosts.listed_host("https://part.example/abc") == "part.example"
        assert hosts.listed_host("https://www.part.example/b?x=1") == "part.example"
        assert hosts.listed_host("https://part.example/x/../a") == "part.example"
        assert hosts.listed_host("https://part.example/b?y") is None
        assert hosts.listed_host("https://part.example") is None


def test_a_host_that_is_listed_as_a_whole_too_is_blocked_as_a_whole(index: HarmfulIndex):
    index.replace(sorted([Entry("a.example", "/x"), Entry("a.example")]), b"1")
    assert HarmfulHosts(index).listed_host("https://a.example/y") == "a.example"


def test_lists_that_change_count_once_it_was_looked(index: HarmfulIndex):
    hosts = HarmfulHosts(index)
    assert hosts.listed(b"https://evil.example/") is None
    index.replace(ENTRIES, b"1")
    assert hosts.listed(b"https://evil.example/") is None
    hosts.refresh()
    assert hosts.listed(b"https://evil.example/") == "evil.example"
    index.replace([], b"2")
    hosts.refresh()
    assert hosts.listed(b"https://evil.example/") is None
    assert index.made_of() == b"2"


def test_what_is_remembered_has_a_bound(index: HarmfulIndex, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.network.harmful._MAX_REMEMBERED", 10)
    index.replace(ENTRIES, b"1")
    hosts = HarmfulHosts(index)
    for number in range(100):
        assert hosts.listed(b"https://%d.example/" % number) is None
        assert hosts.listed(b"https://evil.example/") == "evil.example"
    assert hosts.listed(b"https://evil.example?" + b"x" * 5000) == "evil.example"
    assert len(hosts._memo) <= 10


@pytest.mark.parametrize("url", ["shortsecure://evil.example?x", "mailto:a@evil.example", "", "https://[::1]/", "x"])
def test_what_is_no_address_of_a_host_is_not_listed(index: HarmfulIndex, url: str):
    index.replace(ENTRIES, b"1")
    assert HarmfulHosts(index).listed(url.encode()) is None
