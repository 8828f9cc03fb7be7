"""What wildcards capture: it stays in the place where the link's owner puts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.model.route import Needs
from tests.support.small_edge import SmallEdge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[SmallEdge]:
    opened = SmallEdge(tmp_path)
    opened.domain(wildcard_depths=(1,))
    yield opened
    opened.close()


@pytest.mark.parametrize("path", ["/a/..%2f..%2fx", "/a/%2e%2e/x", "/a/x/..", "/a/./x", "/a/..", "/a/.%2E%2Fx"])
def test_a_capture_does_not_climb_out_of_its_destination(edge: SmallEdge, path: str):
    edge.route(1, "a/*", "https://example.com/me/$1", needs=int(Needs.CAPTURE), capture_depth=1)
    assert (edge.visit(path).status, edge.visit(path).location) == (404, None)
    assert edge.visit("/a/...%2f..x").location == "https://example.com/me/.../..x"


def test_without_a_capture_it_does_not_matter(edge: SmallEdge):
    edge.route(1, "a/*", "https://example.com/me")
    assert edge.visit("/a/%2e%2e/x").location == "https://example.com/me"


def test_a_capture_does_not_choose_the_host(edge: SmallEdge):
    edge.route(1, "a/*", "https://example.com$1", needs=int(Needs.CAPTURE), capture_depth=1)
    assert edge.visit("/a/@evil.example").location == "https://example.com/@evil.example"
    assert edge.visit("/a/.evil.example").location == "https://example.com/.evil.example"
