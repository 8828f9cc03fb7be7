"""What is beside the fields of the link form: other editors, explanations, templates, pictures; over the real application."""

import base64
import html
import io
import re
from http.server import BaseHTTPRequestHandler

import pytest
from PIL import Image

from linnet.actions.folders import create_folder
from linnet.actions.passwords import hash_password
from linnet.actions.teams import create_team, save_member
from linnet.actions.transfers import transfer_domain
from linnet.model.access import Role
from linnet.model.targeting import COUNTRIES
from tests.dashboard.conftest import Site
from tests.dashboard.link_forms import EVERYTHING, HTML, NEW, contents, errors_in, fields_of, new_link, opened, send
from tests.network.sites import respond
from tests.network.sites import site as web_site
from tests.support.installed import PASSWORD
from tests.support.moments import NOON


def test_who_comes_second_is_told_what_the_first_one_changed_and_decides(site: Site):
    site.enter()
    page = new_link(site, originalURL="https://example.com/", path="two", title="Before", clicksLimit="5")
    second = opened(site, page)
    first = opened(site, page) | {"title": "First", "clicksLimit": "7", "tags.new": "theirs"}
    assert send(site, page, first).status_code == 303
    answer = send(site, page, second | {"title": "Second", "utmSource": "mine"})
    assert answer.status_code == 409
    # Whatever the name is written with, it stays a word of the sentence.
    assert "<bdi>owner@example.com</bdi>" in answer.text
    assert "link updated" in answer.text
    kept = fields_of(answer.text)
    assert (kept["clash"], sorted(kept["merged"])) == (["title"], ["clicksLimit", "tags"])
    assert (kept["title"], kept["utmSource"], kept["clicksLimit"], kept["tags"]) == (["Second"], ["mine"], ["7"], ["theirs"])
    assert contents(site, page).link.title == "First"
    theirs = fields_of(send(site, page, kept, "take:title").text)
    assert (theirs["title"], theirs.get("clash")) == (["First"], None)
    assert send(site, page, kept).status_code == 303
    link = contents(site, page).link
    assert (link.title, link.utm_source, link.clicks_limit, link.tags) == ("Second", "mine", 7, ("theirs",))


def test_who_comes_second_twice_is_told_twice(site: Site):
    site.enter()
    page = new_link(site, originalURL="https://example.com/", title="Before")
    second = opened(site, page) | {"title": "Second"}
    send(site, page, opened(site, page) | {"title": "First"})
    kept = fields_of(send(site, page, second).text)
    send(site, page, opened(site, page) | {"title": "Third"})
    answer = send(site, page, kept)
    assert answer.status_code == 409
    assert ">Third</dd>" in answer.text
    assert send(site, page, fields_of(answer.text)).status_code == 303
    assert contents(site, page).link.title == "Second"


def test_of_a_link_that_was_removed_meanwhile_the_form_is_kept_and_the_link_comes_back(site: Site):
    site.enter()
    page = new_link(site, originalURL="https://example.com/", path="gone", title="Before")
    typed = opened(site, page) | {"title": "Typed", "tags.new": "kept"}
    assert site.post(f"{page}/delete").headers["location"] == "/dashboard/domains/1/links"
    answer = send(site, page, typed)
    assert answer.status_code == 409
    kept = fields_of(answer.text)
    assert kept["title"] == ["Typed"]
    assert 'value="restore"' in answer.text
    restored = send(site, page, kept, "restore")
    assert restored.status_code == 200
    assert send(site, page, fields_of(restored.text)).status_code == 303
    link = contents(site, page).link
    assert (link.title, link.tags, link.path) == ("Typed", ("kept",), "gone")


def test_a_removed_link_whose_path_another_one_has_by_now_is_told_of_and_saved_as_a_new_one(site: Site):
    site.enter()
    page = new_link(site, originalURL="https://example.com/", path="gone")
    typed = opened(site, page) | {"title": "Typed"}
    site.post(f"{page}/delete")
    new_link(site, originalURL="https://other.example/", path="gone")
    answer = send(site, page, typed, "restore")
    assert answer.status_code == 409
    assert set(errors_in(answer.text)) == {"path"}
    made = send(site, NEW, fields_of(answer.text) | {"path": "elsewhere"})
    assert contents(site, made.headers["location"].partition("?")[0]).link.title == "Typed"


def test_what_a_visitor_would_get_is_told_for_what_is_typed_and_for_what_is_saved(site: Site):
    site.enter()
    page = new_link(site, **EVERYTHING)
    visit = {"visit.country": "US", "visit.region": "CA", "visit.password": "1", "visit.device": "mac"}
    answer = send(site, page, opened(site, page) | visit, "explain")
    assert "https://example.com/ca" in answer.text
    assert "Decided by: region" in answer.text
    typed = send(site, page, opened(site, page) | visit | {"place": ["1"]}, "explain")
    assert "Decided by: region" not in typed.text
    assert len(contents(site, page).places) == 2
    unsaved = opened(site, NEW) | {"originalURL": "https://example.com/n", "iphoneURL": "https://example.com/i"}
    fresh = send(site, NEW, unsaved | {"visit.device": "iphone"}, "explain")
    assert "Decided by: device" in fresh.text
    saved = site.client.get(f"{page}/explain", params=visit)
    assert "Decided by: region" in saved.text
    late = site.client.get(f"{page}/explain", params={"visit.at": "2035-01-02T03:05"})
    assert "https://example.com/over" in late.text


@pytest.mark.parametrize("field", ["country", "region", "at", "language", "query", "userAgent", "address", "referrer", "rest"])
@pytest.mark.parametrize("text", [HTML * 500, "a\x00b"])
def test_no_visit_that_somebody_makes_up_breaks_the_page(site: Site, field: str, text: str):
    site.enter()
    page = new_link(site, originalURL="https://example.com/")
    assert send(site, page, opened(site, page) | {f"visit.{field}": text}, "explain").status_code == 200
    answer = site.client.get(f"{page}/explain", params={f"visit.{field}": text[:2000]})
    assert answer.status_code in (200, 400)
    assert "<script>alert" not in answer.text


def test_utm_templates_are_saved_from_the_form_chosen_and_removed(site: Site):
    site.enter()
    typed = opened(site, NEW) | {"originalURL": "https://example.com/", "utmSource": "letter", "utm.name": HTML}
    answer = send(site, NEW, typed, "utm-save")
    assert "Template saved." in answer.text
    chosen = fields_of(answer.text)
    number = chosen["utm.template"][0]
    assert chosen["utmSource"] == ["letter"]
    filled = fields_of(send(site, NEW, opened(site, NEW) | {"utmTerm": "x", "utm.template": number}, "utm-apply").text)
    assert (filled["utmSource"], filled["utmTerm"]) == (["letter"], [""])
    assert set(errors_in(send(site, NEW, opened(site, NEW), "utm-save").text)) == {"utm-name"}
    listed = site.client.get("/dashboard/domains/1/utm-templates")
    assert html.escape(HTML) in listed.text
    refused = site.post("/dashboard/domains/1/utm-templates", {"templateName": "", "utmSource": "x" * 10_000})
    assert refused.status_code == 400
    assert site.post("/dashboard/domains/1/utm-templates", {"templateName": "B", "utmSource": "x"}).status_code == 303
    assert site.post(f"/dashboard/domains/1/utm-templates/{number}/delete").status_code == 303
    assert site.post(f"/dashboard/domains/1/utm-templates/{number}/delete").status_code == 404


def test_the_resulting_address_is_shown_with_its_parameters(site: Site):
    site.enter()
    typed = opened(site, NEW) | {"originalURL": "https://example.com/?utm_source=old", "utmSource": "a b"}
    assert "https://example.com/?utm_source=a+b" in send(site, NEW, typed, "refresh").text


def test_a_link_is_duplicated_archived_and_removed_from_its_page(site: Site):
    site.enter()
    page = new_link(site, **EVERYTHING)
    copy = site.post(f"{page}/duplicate").headers["location"].partition("?")[0]
    assert copy != page
    assert contents(site, copy).own == contents(site, page).own
    site.post(f"{page}/archive", {"archived": "0"})
    assert not contents(site, page).link.archived
    site.post(f"{page}/archive", {"archived": "1"})
    assert contents(site, page).link.archived
    assert site.post(f"{page}/delete").status_code == 303
    assert site.get(page).status_code == 404
    assert site.post(f"{page}/restore").headers["location"] == page


def test_the_address_fills_the_form_in(site: Site):
    site.enter()
    fields = opened(site, f"{NEW}?url=https%3A%2F%2Fexample.com%2Fx%3Fa%3D1&title={HTML}&tags=a&tags=b&form_token=x&version=1")
    assert (fields["originalURL"], fields["title"], fields["tags"]) == (["https://example.com/x?a=1"], [HTML], ["a", "b"])
    assert fields["form_token"] != ["x"]


def test_places_beyond_what_a_screen_shows_are_edited_as_a_text(site: Site):
    site.enter()
    codes = sorted(COUNTRIES)[:110]
    many = {"place.text": "\n".join(f"{code} https://example.com/{code}" for code in codes)}
    page = new_link(site, originalURL="https://example.com/", **many)
    fields = opened(site, page)
    assert len(fields["place.text"][0].splitlines()) == 110
    few = {"place.text": "DE https://example.com/\r\nUS-CA https://example.com/ca"}
    assert send(site, page, fields | few).status_code == 303
    assert [(each.country, each.region) for each in contents(site, page).places] == [("DE", ""), ("US", "CA")]


def test_the_image_of_a_preview_is_fetched_by_the_server_and_made_anew(site: Site):
    site.enter()
    picture = io.BytesIO()
    Image.new("RGBA", (1200, 630), (200, 30, 30, 128)).save(picture, "PNG")
    files = {
        "/a.png": (picture.getvalue(), "image/png"),
        "/b.svg": (b"<svg/>", "image/svg+xml"),
        "/c.png": (b"no", "image/png"),
    }

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body, kind = files[handler.path]
        respond(handler, body, kind=kind)

    with web_site(answer) as elsewhere:
        typed = opened(site, NEW) | {"og.title": HTML, "og.image": elsewhere.url("/a.png")}
        page = send(site, NEW, typed, "preview").text
        shown = re.search(r'src="data:image/jpeg;base64,([^"]*)"', page)
        assert shown is not None
        assert Image.open(io.BytesIO(base64.b64decode(shown[1]))).size == (800, 420)
        ours = [elsewhere.url("/b.svg"), elsewhere.url("/c.png")]
        for url in (*ours, "http://10.1.2.3/x.png", "http://169.254.169.254/", "file:///etc/passwd"):
            page = send(site, NEW, typed | {"og.image": url}, "preview").text
            assert set(errors_in(page)) == {"og-image"}
            assert "data:image/jpeg" not in page


def test_who_may_only_read_sees_the_values_and_no_way_to_save_them(site: Site):
    site.enter()
    page = new_link(site, originalURL="https://example.com/", title="Seen")
    context = site.options.make_context(site.options.find_actor(1, True))
    team = create_team(context, "Crew")
    with site.database.write() as work:
        work.users.add(email="reader@example.com", name=None, password_hash=hash_password(PASSWORD), created_at=NOON)
    context = site.options.make_context(site.options.find_actor(1, True))
    save_member(context, team.id, "reader@example.com", Role.READ_ONLY)
    transfer_domain(context, 1, team.id)
    site.client.cookies.clear()
    site.sign_in(email="reader@example.com")
    shown = site.client.get(page)
    assert shown.status_code == 200
    assert 'value="Seen"' in shown.text
    assert "<fieldset disabled" in shown.text
    assert 'value="save"' not in shown.text
    assert f'action="{page}/delete"' not in shown.text
    assert site.client.get(f"{page}/explain", params={"visit.country": "DE"}).status_code == 200
    assert send(site, page, fields_of(shown.text) | {"title": "x"}).status_code == 403
    assert site.get(NEW).status_code == 403


def test_the_prefix_of_a_folder_is_said_where_a_path_would_be_made_up(site: Site):
    site.enter()
    context = site.options.make_context(site.options.find_actor(1, True))
    folder = create_folder(context, 1, HTML, {"prefix": "sale/", "utm_source": "shop"})
    typed = opened(site, NEW) | {"originalURL": "https://example.com/", "folderId": folder.id}
    assert "random paths begin with sale/" in send(site, NEW, typed, "refresh").text
    link = contents(site, new_link(site, originalURL="https://example.com/", folderId=folder.id)).link
    assert link.path.startswith("sale/")
    assert (link.folder_id, link.utm_source) == (folder.id, "shop")
