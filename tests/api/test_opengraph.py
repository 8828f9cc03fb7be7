"""OpenGraph tags over HTTP (contract b.7)."""

from typing import Any

import pytest

from linnet.model.opengraph import PROPERTIES
from tests.api.conftest import Api
from tests.api.test_bad_input import refused

TAGS = [["title", "Größe ☃\nand more"], ["image", "https://example.com/a.png"], ["locale:alternate", "de"]]


@pytest.fixture
def path(api: Api) -> str:
    return f"/links/opengraph/1/{api.created(path='abc')['idString']}"


def test_tags_are_replaced_as_a_whole_and_come_back_as_pairs_in_their_order(api: Api, path: str):
    assert api.request("GET", path).json() == []
    answer = api.request("PUT", path, json=TAGS)
    assert (answer.status_code, answer.json()) == (200, TAGS)
    assert api.request("GET", path).json() == TAGS
    again = [["locale:alternate", "fr"], ["locale:alternate", "de"]]
    assert api.request("PUT", path, json=again).json() == again
    assert api.request("GET", path).json() == again
    assert api.request("PUT", path, json=[]).json() == []
    assert api.request("GET", path).json() == []


def test_an_object_and_names_with_og_are_understood(api: Api, path: str):
    assert api.request("PUT", path, json={"og:title": "A", "twitter:card": "summary"}).json() == [
        ["title", "A"],
        ["twitter:card", "summary"],
    ]
    assert api.request("PUT", path, json={}).json() == []


def test_every_property_of_the_contract_is_taken(api: Api, path: str):
    assert len(PROPERTIES) == 107
    tags = [[name, "https://example.com/"] for name in sorted(PROPERTIES)]
    for part in (tags[:100], tags[100:]):
        assert api.request("PUT", path, json=part).json() == part


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([["nothing", "x"]], "nothing"),
        ([["og:og:title", "x"]], "og:title"),
        ([["title", "x" * 4097]], "title"),
        ([["title", "a\0"]], "title"),
        ([["title", 5]], "title"),
        ([["title", None]], "title"),
        ([["title", [["x"]]]], "title"),
        ([["image", "javascript:alert(1)"]], "image"),
        ([["image", ""]], "image"),
        ([["url", "data:text/html,x"]], "url"),
        ([["image:secure_url", "/a.png"]], "image:secure_url"),
        ([["twitter:player", "ftp://example.com/"]], "twitter:player"),
        ([["title"]], None),
        ([["title", "a", "b"]], None),
        (["title"], None),
        ([{"title": "a"}], None),
        ([["title", "ok"], [5, "x"]], None),
        ([["title", "x"]] * 101, None),
        ("title", None),
        (5, None),
        ({"title": {"a": 1}}, "title"),
        ({"title\0": "x"}, "title\0"),
    ],
)
def test_what_is_no_tag_is_refused_and_the_old_ones_stay(api: Api, path: str, body: Any, field: str | None):
    api.request("PUT", path, json=TAGS)
    refused(api.request("PUT", path, json=body), 400, field)
    assert api.request("GET", path).json() == TAGS


@pytest.mark.parametrize("body", [b"", b" ", b"null", b"{", b"[" * 100_000, b'[["title","\\ud800"]]', b"\xff"])
def test_a_body_that_is_no_array_is_refused_and_clears_nothing(api: Api, path: str, body: bytes):
    api.request("PUT", path, json=TAGS)
    assert api.request("PUT", path, content=body).status_code == 400
    assert api.request("GET", path).json() == TAGS


def test_links_of_another_owner_or_domain_answer_like_links_that_nobody_has(api: Api, path: str):
    api.request("PUT", path, json=TAGS)
    key, other = api.other_owner()
    link_id = path.rpartition("/")[2]
    wrong = [f"/links/opengraph/{domain_id}/{link_id}" for domain_id in (77, other.id, -1, 2**31, 10**30)]
    wrong += [f"/links/opengraph/1/{name}" for name in ("lnk_1_unknown", "%00", "0", "lnk_%F0%9F")]
    for address, used in [(path, key), *((each, None) for each in wrong)]:
        for answer in (api.request("GET", address, key=used), api.request("PUT", address, json=[], key=used)):
            assert refused(answer, 404)["error"] == "Link not found"
    assert api.request("GET", path).json() == TAGS
    with api.database.read() as work:
        link = work.links.find(link_id)
        assert link is not None
    for name in (link_id.replace("lnk_", "link_"), str(link.number)):
        assert api.request("GET", f"/links/opengraph/1/{name}").json() == TAGS
