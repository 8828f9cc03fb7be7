"""The table of links over the whole application: what it shows, finds and changes, and whom it refuses."""

import html
import io
import re
import zipfile
from typing import Any

import pytest

from linnet.actions.folders import create_folder
from linnet.actions.links import update_link
from linnet.model.access import Role
from linnet.model.link import Link, LinkDraft
from tests.dashboard.conftest import Site
from tests.dashboard.people import browser_of, join

LINKS = "/dashboard/domains/1/links"


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    return site


def context(site: Site) -> Any:
    return site.options.make_context(site.options.find_actor(1, True))


def shown(site: Site, query: str = "", **headers: str) -> list[str]:
    """The paths in the table, in its order."""
    text = site.client.get(f"{LINKS}{query}", headers={name.replace("_", "-"): value for name, value in headers.items()}).text
    return re.findall(r'dir="auto">go\.example/([^<]*)</a>', text)


def change(site: Site, do: str, *links: Link, **fields: str) -> Any:
    return site.post("/dashboard/domains/1/links/change", {"do": do, "link": [link.id for link in links], **fields})


def test_links_are_shown_with_what_matters_about_them(owner: Site):
    folder = create_folder(context(owner), 1, "Summer & co", {})
    owner.add_link("abc", title="<b>Beach</b>", tags=("blue & green",), folder_id=folder.id, password="secret")
    text = owner.get(LINKS).text
    for words in (
        "go.example/abc",
        "https://example.com/",
        "&lt;b&gt;Beach&lt;/b&gt;",
        "blue &amp; green",
        "Summer &amp; co",
        "Password",
    ):
        assert words in text
    assert "<b>Beach" not in text
    assert 'polyline points="0,1 ' in text
    assert '<span class="font-medium">30</span> / 1' in text


def test_the_table_is_there_when_statistics_are_not(owner: Site):
    owner.add_link("abc")
    owner.engine.away = True
    for query in ("", "?sort=clicks"):
        answer = owner.get(f"{LINKS}{query}")
        assert answer.status_code == 200
        assert "go.example/abc" in answer.text
    assert "Statistics cannot be asked now" in answer.text


def test_links_are_searched_filtered_and_sorted(owner: Site):
    folder = create_folder(context(owner), 1, "Summer", {})
    owner.add_link("abc", title="Beach", tags=("blue",))
    owner.add_link("xyz", folder_id=folder.id, url="https://other.example/mountain")
    old = owner.add_link("old", archived=True)
    assert shown(owner) == ["xyz", "abc"]
    assert shown(owner, "?q=BEACH") == ["abc"]
    assert shown(owner, "?q=other.example+mount") == ["xyz"]
    assert shown(owner, "?tag=blue") == ["abc"]
    assert shown(owner, f"?folder={folder.id}") == ["xyz"]
    assert shown(owner, "?folder=-") == ["abc"]
    assert shown(owner, "?show=archived") == ["old"]
    assert shown(owner, "?show=all&sort=path") == ["abc", "old", "xyz"]
    assert shown(owner, "?show=all&sort=path-down") == ["xyz", "old", "abc"]
    owner.engine.ranks = {old.number: 5}
    assert shown(owner, "?show=all&sort=clicks") == ["old", "xyz", "abc"]
    assert shown(owner, "?sort=nonsense&show=x&creator=y&folder=nowhere") == []


def test_links_are_asked_for_by_the_member_who_made_them(owner: Site):
    owner.add_link("abc")
    number = join(owner, "user@example.com", role=Role.USER)
    with browser_of(owner, "user@example.com"):
        made = owner.post(f"{LINKS}/new", {"originalURL": "https://example.com/", "path": "theirs"})
        assert made.status_code == 303
    assert f'<option value="{number}">user@example.com</option>' in owner.get(LINKS).text
    assert shown(owner, f"?creator={number}") == ["theirs"]


def test_who_may_only_read_is_offered_codes_and_statistics_but_no_changes(owner: Site):
    owner.add_link("abc")
    join(owner, "reader@example.com", role=Role.READ_ONLY)
    with browser_of(owner, "reader@example.com"):
        page = owner.get(LINKS).text
    assert "Details" in page
    assert "QR codes" in page
    for offer in ('name="do"', ">Edit<", "Add tag", "New link"):
        assert offer not in page


def test_the_navigation_leads_nobody_to_pages_that_are_closed(owner: Site):
    for path in ("statistics", "webhooks"):
        assert f'href="/dashboard/domains/1/{path}"' in owner.get(LINKS).text
    for email, own_links_only in (("own@example.com", True), ("reader@example.com", False)):
        statistics = not own_links_only
        join(owner, email, own_links_only=own_links_only)
        with browser_of(owner, email):
            page = owner.get(LINKS).text
            assert ('href="/dashboard/domains/1/statistics"' in page) is statistics
            assert 'href="/dashboard/domains/1/webhooks"' not in page
            assert owner.get("/dashboard/domains/1/statistics").status_code == (200 if statistics else 403)
    with browser_of(owner, "reader@example.com"):
        closed = owner.get("/dashboard/domains/1/import")
    assert closed.status_code == 403
    assert "You may see the links of go.example, but not change them." in closed.text


def test_a_domain_that_is_not_there_is_told_in_words_for_people(owner: Site):
    answer = owner.get("/dashboard/domains/999/links")
    assert answer.status_code == 404
    assert "There is no such domain, or you may not see it." in answer.text


def test_a_script_gets_the_found_part_alone_and_the_address_of_it(owner: Site):
    owner.add_link("abc")
    answer = owner.client.get(f"{LINKS}?q=abc&folder=&tag=&show=&sort=newest", headers={"hx-request": "true"})
    assert answer.text.lstrip().startswith('<div id="found">')
    assert "<html" not in answer.text
    assert answer.headers["hx-replace-url"] == f"{LINKS}?q=abc"


def test_pages_follow_each_other(owner: Site):
    for number in range(60):
        owner.add_link(f"p{number:02}")
    first = owner.get(f"{LINKS}?sort=path").text
    assert "60 links" in first
    following = html.unescape(re.findall(r'href="([^"]+)" class="button-quiet">Next<', first)[0])
    second = owner.get(following).text
    assert re.findall(r'dir="auto">go\.example/([^<]*)</a>', second) == [f"p{number}" for number in range(50, 60)]
    previous = html.unescape(re.findall(r'href="([^"]+)" class="button-quiet">Previous<', second)[0])
    assert shown(owner, previous.removeprefix(LINKS)) == [f"p{number:02}" for number in range(50)]


@pytest.mark.parametrize("text", ['"<script>alert(1)</script>', "‮שלום", "100% OR 1=1", "'; DROP TABLE", "a" * 300])
def test_a_hostile_search_is_only_a_search(owner: Site, text: str):
    answer = owner.client.get(LINKS, params={"q": text})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert html.escape(text, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in answer.text


def test_a_search_that_is_too_long_is_told_beside_the_field_and_kept(owner: Site):
    owner.add_link("abc")
    answer = owner.client.get(LINKS, params={"q": "x" * 10_000})
    assert answer.status_code == 400
    assert "A search may have 300 characters" in answer.text
    assert "x" * 10_000 in answer.text


def test_an_empty_table_says_what_to_do_next(owner: Site):
    assert "There are no links on go.example yet." in owner.get(LINKS).text
    owner.add_link("abc")
    assert "No link matches." in owner.get(f"{LINKS}?q=zzz").text


def test_many_links_are_tagged_moved_and_archived(owner: Site):
    folder = create_folder(context(owner), 1, "Summer", {})
    links = [owner.add_link(path) for path in "abc"]
    assert change(owner, "tag", *links[:2], with_tag="blue").status_code == 303
    assert shown(owner, "?tag=blue") == ["b", "a"]
    change(owner, "untag", links[0], with_tag="blue")
    change(owner, "move", *links, to_folder=folder.id)
    assert shown(owner, f"?folder={folder.id}&tag=blue") == ["b"]
    change(owner, "move", links[0], to_folder="-")
    change(owner, f"archive:{links[2].id}")
    assert shown(owner) == ["b", "a"]
    change(owner, "unarchive", links[2])
    assert shown(owner, "?folder=-") == ["a"]


def test_all_that_match_are_changed(owner: Site):
    for path in ("summer-1", "summer-2", "winter"):
        owner.add_link(path)
    change(owner, "tag", with_tag="warm", all="1", q="summer")
    assert shown(owner, "?tag=warm") == ["summer-2", "summer-1"]
    asked = change(owner, "delete", all="1", q="summer", count="2")
    assert "2 links stop redirecting" in asked.text
    change(owner, "delete", all="1", q="summer", sure="1")
    assert shown(owner) == ["winter"]


def test_deletion_is_asked_about_and_undone(owner: Site):
    link = owner.add_link("abc", title="Beach")
    asked = change(owner, f"delete:{link.id}")
    assert asked.status_code == 200
    assert "1 link stops redirecting at once." in asked.text
    assert shown(owner) == ["abc"]
    done = change(owner, "delete", link, sure="1", q="beach")
    page = owner.get(done.headers["location"]).text
    assert shown(owner) == []
    assert "1 link was deleted." in page
    assert f'name="link" value="{link.id}"' in page
    assert '<input type="hidden" name="q" value="beach">' in page
    undone = owner.post("/dashboard/domains/1/removed", {"link": link.id, "undo": "1", "q": "beach"})
    assert undone.headers["location"] == f"{LINKS}?q=beach"
    assert shown(owner, "?q=beach") == ["abc"]


def test_nothing_is_restored_for_a_search_that_is_none(owner: Site):
    link = owner.add_link("abc")
    change(owner, "delete", link, sure="1")
    answer = owner.post("/dashboard/domains/1/removed", {"link": link.id, "undo": "1", "q": "x" * 301})
    assert answer.status_code == 400
    assert shown(owner) == []


def test_removed_links_are_listed_and_restored_and_what_cannot_be_is_told(owner: Site):
    links = [owner.add_link(path) for path in ("a1", "b1")]
    change(owner, "delete", *links, sure="1")
    owner.add_link("a1")
    page = owner.get("/dashboard/domains/1/removed").text
    assert page.count("Deleted</td>") == 2
    answer = owner.post("/dashboard/domains/1/removed", {"link": [link.id for link in links]})
    assert "1 link was restored." in answer.text
    assert "is taken by another link" in html.unescape(answer.text)
    assert "No links were removed" not in owner.get("/dashboard/domains/1/removed?before=nonsense").text


def test_what_was_not_done_is_told(owner: Site):
    full = owner.add_link("full", tags=tuple(f"t{number}" for number in range(100)))
    gone = owner.add_link("gone")
    change(owner, "delete", gone, sure="1")
    answer = change(owner, "tag", full, gone, with_tag="more")
    assert answer.status_code == 200
    assert "2 links were left as they are" in answer.text
    assert "/full" in answer.text


def test_who_does_not_delete_after_all_is_back_where_the_links_were_found(owner: Site):
    link = owner.add_link("keep")
    asked = change(owner, "delete", link, q="keep")
    assert f'href="{LINKS}?q=keep"' in asked.text


def test_a_refused_form_leads_back_to_its_page(owner: Site):
    answer = owner.post(f"{LINKS}/change", {"do": "tag"}, Referer="http://testserver.local/dashboard/domains/1/links?q=a")
    assert answer.status_code == 400
    assert 'href="/dashboard/domains/1/links?q=a"' in answer.text
    dates = "?period=custom&from=2026-02-02&to=2026-02-01"
    refused = owner.get(f"/dashboard/domains/1/statistics{dates}", Referer=f"http://testserver.local{LINKS}")
    assert f'href="{LINKS}"' in refused.text
    for elsewhere in ("https://evil.example/x", "http://testserver.local//evil.example/x", "rubbish", "http://["):
        answer = owner.post(f"{LINKS}/change", {"do": "tag"}, Referer=elsewhere)
        assert answer.status_code == 400
        assert "Back to the page before" not in answer.text


def test_nothing_is_done_to_nothing(owner: Site):
    link = owner.add_link("abc")
    assert change(owner, "archive").status_code == 400
    assert change(owner, "tag", link, with_tag=" ").status_code == 400
    assert change(owner, "tag", link, with_tag="x" * 10_000).status_code == 400
    assert change(owner, "move", link).status_code == 400
    assert change(owner, "move", link, to_folder="nowhere").status_code == 404
    assert change(owner, "nonsense", link).status_code == 400
    assert owner.post("/dashboard/domains/4711/links/change", {"do": "archive", "link": link.id}).status_code == 404


def test_codes_of_chosen_links_come_in_a_file_as_often_as_asked(owner: Site):
    links = [owner.add_link(path) for path in ("a1", "b1")]
    fields = {"form_token": owner.form_token(), "once": "the same", "link": [link.id for link in links]}
    for _ in range(2):
        answer = owner.client.post("/dashboard/domains/1/links/codes", data=fields)
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert len(archive.namelist()) == 2
    assert owner.post("/dashboard/domains/1/links/codes").status_code == 400
    assert owner.post("/dashboard/domains/1/links/codes", {"all": "1", "q": "a1"}).headers["content-type"] == "application/zip"


def test_a_link_changed_elsewhere_is_shown_as_it_is_now(owner: Site):
    link = owner.add_link("abc", title="Beach")
    assert shown(owner, "?q=beach") == ["abc"]
    update_link(context(owner), link.id, LinkDraft(title="Mountain"))
    assert shown(owner, "?q=beach") == []
    assert shown(owner, "?q=mountain") == ["abc"]


def test_another_domain_is_not_there(owner: Site):
    for path in ("4711/links", "4711/removed", "4711/folders", "4711/tags"):
        assert owner.get(f"/dashboard/domains/{path}").status_code == 404
