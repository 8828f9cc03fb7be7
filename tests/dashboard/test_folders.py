"""Folders and tags on their pages: made, changed, counted and taken away."""

import re

import pytest

from linnet.actions.folders import create_folder, list_folders
from linnet.actions.tags import list_tags
from tests.dashboard.conftest import Site
from tests.dashboard.test_link_table import context

FOLDERS = "/dashboard/domains/1/folders"
TAGS = "/dashboard/domains/1/tags"


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    return site


def test_a_folder_is_made_given_defaults_and_deleted(owner: Site):
    made = owner.post(FOLDERS, {"name": "Summer <i>"})
    folder = list_folders(context(owner), 1)[0]
    assert made.headers["location"] == f"{FOLDERS}/{folder.id}"
    fields = {"name": "Winter", "redirectType": "301", "utmSource": "mail", "color": "#880000", "prefix": "w/"}
    look = f"/dashboard/domains/1/qr?folder={folder.id}"
    assert f'href="{look}"' in owner.get(f"{FOLDERS}/{folder.id}").text
    assert owner.get(look).status_code == 200
    saved = owner.post(f"{FOLDERS}/{folder.id}", fields)
    assert saved.status_code == 303
    link = owner.add_link("abc", folder_id=folder.id)
    assert (link.redirect_type, link.utm_source) == (301, "mail")
    owner.get("/dashboard/domains/1/links")
    page = owner.get(FOLDERS).text
    assert "1 link<" in page
    assert 'fill="#880000"' in page
    gone = owner.post(f"{FOLDERS}/{folder.id}/delete")
    assert gone.status_code == 303
    assert list_folders(context(owner), 1) == []
    assert owner.get(f"{FOLDERS}/{folder.id}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 10_000),
        ("color", "red"),
        ("expiresAtDays", "soon"),
        ("prefix", "a*"),
        ("utmTerm", "x" * 300),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_kept(owner: Site, field: str, value: str):
    folder = create_folder(context(owner), 1, "Summer", {})
    answer = owner.post(f"{FOLDERS}/{folder.id}", {"name": "Summer", field: value})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert value in answer.text
    assert list_folders(context(owner), 1) == [folder]


def test_a_name_that_is_none_is_told(owner: Site):
    answer = owner.post(FOLDERS, {"name": " "})
    assert answer.status_code == 400
    assert 'id="name-error"' in answer.text


def test_tags_are_counted_renamed_and_removed(owner: Site):
    owner.add_link("a", tags=("blue", "red & <b>"))
    owner.add_link("b", tags=("blue", "azure"))
    owner.get("/dashboard/domains/1/links")
    page = owner.get(TAGS).text
    assert re.findall(r"(\d) links?</span>", page) == ["1", "2", "1"]
    assert "red &amp; &lt;b&gt;" in page
    assert owner.post(TAGS, {"tag": "blue", "new": "azure", "do": "rename"}).status_code == 303
    assert list_tags(context(owner), 1) == ["azure", "red & <b>"]
    assert owner.post(TAGS, {"tag": "azure", "new": "", "do": "rename"}).status_code == 400
    owner.post(TAGS, {"tag": "red & <b>", "do": "remove"})
    assert list_tags(context(owner), 1) == ["azure"]


def test_tags_are_found_and_come_page_by_page(owner: Site):
    for number in range(130):
        owner.add_link(f"p{number}", tags=(f"tag-{number:03}",))
    page = owner.get(TAGS).text
    assert "130 tags" in page
    following = re.findall(r'href="([^"]+)" class="button-quiet">Next<', page)[0].replace("&amp;", "&")
    assert "tag-129" in owner.get(following).text
    assert "1 tag<" in owner.get(f"{TAGS}?q=TAG-12&edit=tag-120").text.replace("10 tags", "1 tag")
