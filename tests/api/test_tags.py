"""Tags over HTTP (contract b.8)."""

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.test_bad_input import refused


def tags_of(api: Api, link: dict[str, Any]) -> list[str]:
    return list(api.request("GET", f"/links/{link['id']}").json()["tags"])


def tag(api: Api, name: Any, ids: Any, **options: Any) -> Any:
    return api.request("POST", "/tags/bulk", json={"tag": name, "link_ids": ids}, **options)


def test_a_tag_is_appended_to_many_links_beside_the_tags_that_they_have(api: Api):
    plain, tagged = api.created(path="a"), api.created(path="b", tags=["x", "new", "y"])
    other = api.created(path="c", tags=["x"])
    answer = tag(api, " new ", [plain["id"], tagged["id"], plain["id"]])
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [tags_of(api, link) for link in (plain, tagged, other)] == [["new"], ["x", "new", "y"], ["x"]]
    assert tag(api, "more", [tagged["id"]]).json() == {"success": True}
    assert tags_of(api, tagged) == ["x", "new", "y", "more"]
    assert tag(api, "new", []).json() == {"success": True}


def test_links_are_named_by_each_of_their_ids_and_links_is_an_alias(api: Api):
    links = [api.created(path=path) for path in "abcd"]
    numbers = []
    with api.database.read() as work:
        for link in links:
            found = work.links.find(link["id"])
            assert found is not None
            numbers.append(found.number)
    ids = [links[0]["id"].replace("lnk_", "link_"), str(numbers[1]), numbers[2], links[2]["id"]]
    assert api.request("POST", "/tags/bulk", json={"tag": "t", "links": ids}).status_code == 200
    assert [tags_of(api, link) for link in links] == [["t"], ["t"], ["t"], []]


def test_a_thousand_links_are_tagged_in_one_call(api: Api):
    rows = [{"originalURL": f"https://example.com/{number}"} for number in range(1000)]
    made = api.request("POST", "/links/bulk", json={"domain": "go.example", "links": rows}).json()
    ids = [link["id"] for link in made]
    assert tag(api, "all", ids).status_code == 200
    assert api.request("GET", "/tags/1").json() == ["all"]
    assert tags_of(api, made[0]) == tags_of(api, made[-1]) == ["all"]
    refused(tag(api, "more", [*ids, "lnk_1_x"]), 413, "link_ids")


def test_a_link_that_cannot_be_found_spoils_the_call_whether_it_is_foreign_or_unknown(api: Api):
    link = api.created(path="a")
    key, _ = api.other_owner()
    theirs = api.request(
        "POST", "/links", json={"domain": "other.example", "originalURL": "https://example.com/"}, key=key
    ).json()
    for wrong in (theirs["id"], "lnk_1_unknown", "", "\0", "lnk_\0", "0", "9" * 30, -1, 10**17):
        body = refused(tag(api, "new", [link["id"], wrong]), 404)
        assert body["message"] == f"Link {wrong} not found"
    assert tags_of(api, link) == []


def test_a_link_with_as_many_tags_as_it_may_have_is_named(api: Api):
    link, full = api.created(path="a"), api.created(path="b", tags=[f"t{number}" for number in range(100)])
    assert full["id"] in refused(tag(api, "new", [link["id"], full["id"]]), 400, "tag")["message"]
    assert tags_of(api, link) == []
    assert tag(api, "t5", [link["id"], full["id"]]).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "tag"),
        ({"tag": "a"}, "link_ids"),
        ({"tag": "a", "link_ids": None}, "link_ids"),
        ({"tag": "a", "link_ids": "lnk_1_a"}, "link_ids"),
        ({"tag": "a", "link_ids": [["lnk_1_a"]]}, "link_ids"),
        ({"tag": "a", "link_ids": [True]}, "link_ids"),
        ({"tag": "a", "link_ids": [1.5]}, "link_ids"),
        ({"tag": "a", "link_ids": {"a": 1}}, "link_ids"),
        ({"tag": "", "link_ids": []}, "tag"),
        ({"tag": "  ", "link_ids": []}, "tag"),
        ({"tag": "x" * 65, "link_ids": []}, "tag"),
        ({"tag": "a\0", "link_ids": []}, "tag"),
        ({"tag": ["a"], "link_ids": []}, "tag"),
        ({"tag": None, "link_ids": []}, "tag"),
        ([], None),
        ("a", None),
    ],
)
def test_a_body_that_cannot_be_used_names_the_field(api: Api, body: Any, field: str | None):
    refused(api.request("POST", "/tags/bulk", json=body), 400, field)


def test_the_tags_of_a_domain_are_listed_sorted(api: Api):
    assert api.request("GET", "/tags/1").json() == []
    api.created(path="a", tags=["zebra", "ant"])
    api.created(path="b", tags=["ant", "Bee"], archived=True)
    answer = api.request("GET", "/tags/1")
    assert (answer.status_code, answer.json()) == (200, ["Bee", "ant", "zebra"])
    key, other = api.other_owner()
    for domain_id, used in [(1, key), (77, key), (other.id, None), (0, None), (2**31, None), (10**30, None)]:
        message = f"There is no domain {domain_id} among those that this key may use."
        assert refused(api.request("GET", f"/tags/{domain_id}", key=used), 404)["message"] == message
