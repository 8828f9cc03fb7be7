"""Importing and exporting links on the dashboard, over a real database."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from linnet.actions.editing import Edit, create_edited, open_link
from linnet.actions.folders import create_folder
from linnet.actions.imports import lease_import
from linnet.importers.run import go_on
from linnet.model.audit import Event
from linnet.model.editing import PARTS, parts_of
from linnet.model.link import INTEGRATIONS, URL_FIELDS, Link, LinkDraft
from linnet.model.rules import read_rules
from linnet.model.statistics import UTM_FIELDS
from linnet.model.targeting import Place
from linnet.model.variants import read_variants
from tests.dashboard.conftest import Site

LIST = "/dashboard/domains/1/import"
HOSTILE = ['<script>alert("x")</script>', "‮txet", "'\"><b>", "=cmd|' /C calc'!A0", "@SUM(1)", "x" * 10_240, "a\x00b", "\ud7ff"]


@pytest.fixture
def signed(site: Site) -> Site:
    site.enter()
    return site


def upload(site: Site, content: str | bytes, name: str = "links.csv", path: str = LIST) -> Any:
    body = content if isinstance(content, bytes) else content.encode()
    files = {"file": (name, body, "text/csv")}
    return site.client.post(path, data={"form_token": site.form_token()}, files=files, follow_redirects=False)


def selected(page: str) -> list[str]:
    """The field that each column is said to be."""
    boxes = re.findall(r'<select id="column-\d+".*?</select>', page, re.S)
    return [(re.search(r'value="([^"]*)" selected', box) or ["", ""])[1] for box in boxes]


def form_of(page: str, **changes: Any) -> dict[str, Any]:
    fields = {
        "encoding": "utf-8",
        "separator": ",",
        "heads": "1",
        "column": selected(page),
        "taken": "skip",
        "create_folders": "1",
    }
    return fields | changes


def work(site: Site) -> None:
    """What housekeeping does."""
    context = site.options.make_context(site.options.find_actor(1, True))
    while (job := lease_import(context)) is not None:
        go_on(context, job, lambda: False)


def imported(site: Site, content: str | bytes, path: str = LIST, **changes: Any) -> str:
    """The address of an import that is done."""
    where = upload(site, content, path=path).headers["location"]
    assert site.post(where, form_of(site.get(where).text, **changes)).status_code == 303
    work(site)
    assert site.post(f"{where}/start").status_code == 303
    work(site)
    return str(where)


def links_of(site: Site, domain_id: int = 1) -> list[Link]:
    with site.database.read() as opened:
        return opened.links.search(domain_id, limit=150, newest_first=False).links


def test_from_the_upload_to_the_links(signed: Site):
    answer = upload(signed, "Long URL,Slug,Tags\nhttps://a.example/,a,x\nnonsense,b,\n")
    assert answer.status_code == 303
    where = answer.headers["location"]
    page = signed.get(where).text
    assert selected(page) == ["originalURL", "path", "tags"]
    assert f'action="{where}"' in page
    assert signed.post(where, form_of(page)).headers["location"] == where
    assert "Checking the file" in signed.get(where).text
    part = signed.get(where, hx_request="true")
    assert "<html" not in part.text
    work(signed)
    assert signed.get(where, hx_request="true").headers["hx-refresh"] == "true"
    checked = signed.get(where).text
    assert "What would be imported" in checked
    assert f'action="{where}/start"' in checked
    assert links_of(signed) == []
    signed.post(f"{where}/start")
    work(signed)
    done = signed.get(where).text
    assert "The import is done" in done
    assert ">Long URL must be an absolute" in done
    assert "originalURL" not in done
    assert [(link.path, link.tags) for link in links_of(signed)] == [("a", ("x",))]
    assert [entry.event for entry in signed.entries()].count(Event.LINKS_IMPORTED) == 1
    assert "An import into go.example has ended" in signed.get("/dashboard/notifications").text
    bad = signed.get(f"{where}/bad-rows")
    rows = list(csv.reader(io.StringIO(bad.content.decode("utf-8-sig"))))
    assert rows[0] == ["Long URL", "Slug", "Tags", "linnet: line", "linnet: column", "linnet: problem"]
    assert rows[1][:5] == ["nonsense", "b", "", "3", "Long URL"]


def test_bad_rows_that_were_mended_can_be_imported(signed: Site):
    where = imported(signed, "url,slug,title\nnot an address,a,'=1+1\nhttps://b.example/,b,=2+2\nhttps://c.example/?x,c?d,@x\n")
    mended = signed.get(f"{where}/bad-rows").text.replace("not an address", "https://a.example/").replace("c?d", "c")
    assert "'=1+1" in mended
    assert ",@x" not in mended
    again = imported(signed, mended)
    assert "The import is done" in signed.get(again).text
    assert {link.path: link.title for link in links_of(signed)} == {"a": "=1+1", "b": "=2+2", "c": "@x"}


def test_what_is_exported_comes_back_as_equal_links(signed: Site):
    signed.add_domain("two.example")
    context = signed.options.make_context(signed.options.find_actor(1, True))
    folder = create_folder(context, 1, '=Posters; "x"', {})
    later = datetime(2031, 5, 1, 12, 30, 15, 123456, UTC)
    made: list[dict[str, Any]] = [
        {"path": "plain"},
        {"path": "", "title": "The root"},
        {"path": "=sum(1)", "title": "=1+1", "tags": ("a,b", "[c", "@d"), "folder_id": folder.id},
        {"path": "100%41", "title": "'quoted", "archived": True, "redirect_type": 307, "skip_query": True},
        {"path": "größe/✓", "expires_at": later, "expired_url": "https://over.example/", "delete_at": later, "clicks_limit": 7},
        {"path": "docs/*", "cloaking": False, "android_url": "https://droid.example/", "iphone_url": "https://phone.example/"},
        {"path": "split", "split_url": "https://b.example/", "split_percent": 30, "password_contact": True},
        {"path": "utm", "utm_source": "a b", "utm_medium": "+x", "utm_campaign": "c", "utm_term": "t", "utm_content": "-u"},
        {"path": "tags", "tags": ("x", "y"), "integration_ga": "G-1", "integration_fb": "1", "cloaking": True},
        {"path": "earlier", "created_at": later.replace(year=2020)},
        {"path": "‮rtl", "title": '<b>"html"</b>'},
    ]
    for fields in made:
        signed.add_link(**{"url": f"https://example.com/{len(fields)}?q=1", **fields})
    exported = signed.get("/dashboard/domains/1/export?show=all")
    assert exported.status_code == 200
    assert "links-go.example.csv" in exported.headers["content-disposition"]
    for row in csv.reader(io.StringIO(exported.content.decode("utf-8-sig"))):
        assert not any(cell[:1] in "=+-@\t" for cell in row if cell)
    imported(signed, exported.content, "/dashboard/domains/2/import")

    def comparable(link: Link) -> dict[str, Any]:
        left_out = {"id", "number", "domain_id", "updated_at", "source", "folder_id"}
        return {name: getattr(link, name) for name in Link.__slots__ if name not in left_out}

    before, after = ({link.path: comparable(link) for link in links_of(signed, number)} for number in (1, 2))
    assert before == after
    assert len(after) == len(made)
    with signed.database.read() as opened:
        names = opened.folders.names(2)
    assert list(names.values()) == ['=Posters; "x"']
    assert [link.folder_id for link in links_of(signed, 2) if link.path == "=sum(1)"] == list(names)


_LATE = {"all": [{"device": ["mobile"]}, {"not": {"region": ["US-CA"]}}]}
RULES = [
    {"name": 'Evening, "late"', "condition": _LATE, "originalURL": "https://eve.example/"},
    {"condition": {"query": {"name": "a", "equals": "=1"}}, "originalURL": "https://a.example/;x,y"},
]
VARIANTS = [{"weight": 3, "label": "c", "name": "Third"}, {"weight": 1, "originalURL": "https://b.example/", "label": "a"}]
PLACES = (("DE", "", "https://de.example/"), ("US", "CA", "https://ca.example/?a=1,2"), ("US", "", "https://us.example/"))
TAGS = (("title", '=A "title"\nin two lines'), ("image", "https://example.com/a.png"), ("title", "[twice]"))


def everything() -> Edit:
    """All that a link can have but a password and a folder."""
    later = datetime(2031, 5, 1, 12, 30, tzinfo=UTC)
    urls = {name: f"https://{name.replace('_', '-')}.example/" for name in URL_FIELDS}
    texts = {name: name for name in (*UTM_FIELDS, *INTEGRATIONS)}
    return Edit(
        draft=LinkDraft(
            path="all/*",
            created_at=later.replace(year=2020),
            title="All",
            tags=("a", "b"),
            archived=True,
            redirect_type=308,
            skip_query=True,
            cloaking=True,
            password_contact=True,
            expires_at=later,
            delete_at=later,
            clicks_limit=5,
            split_percent=20,
            **urls,
            **texts,
        ),
        places=[Place(country=country, region=region, original_url=url) for country, region, url in PLACES],
        rules=read_rules(RULES),
        variants=read_variants(VARIANTS),
        opengraph=TAGS,
    )


def parts(site: Site, domain_id: int, path: str) -> dict[str, Any]:
    """All parts of the link with a path."""
    context = site.options.make_context(site.options.find_actor(1, True))
    found = next(link for link in links_of(site, domain_id) if link.path == path)
    return parts_of(open_link(context, found.id).contents)


def test_a_link_with_everything_comes_back_with_everything(signed: Site):
    signed.add_domain("two.example")
    signed.add_link("plain")
    context = signed.options.make_context(signed.options.find_actor(1, True))
    create_edited(context, 1, everything())
    before, plain = parts(signed, 1, "all/*"), parts(signed, 1, "plain")
    assert [part for part in PARTS if before[part] == plain[part]] == ["password", "folderId"]
    exported = signed.get("/dashboard/domains/1/export?show=all").content
    imported(signed, exported, "/dashboard/domains/2/import")
    assert parts(signed, 2, "all/*") == before
    assert {**parts(signed, 2, "plain"), "createdAt": plain["createdAt"]} == plain
    assert parts(signed, 2, "plain")["createdAt"] == plain["createdAt"]


def test_a_row_about_a_link_that_is_there_changes_what_is_beside_it(signed: Site):
    context = signed.options.make_context(signed.options.find_actor(1, True))
    create_edited(context, 1, everything())
    heads, places = "url,path,places", '[{"country": "fr", "originalURL": "https://fr.example/"}]'
    row = f'https://new.example/,all/*,"{places.replace(chr(34), chr(34) * 2)}"'
    before = parts(signed, 1, "all/*")
    imported(signed, f"{heads}\n{row}\n", taken="overwrite")
    after = parts(signed, 1, "all/*")
    assert after["places"] == [("FR", "", "https://fr.example/")]
    assert after["originalURL"] == "https://new.example/"
    for part in ("rules", "variants", "opengraph", "title"):
        assert after[part] == before[part]


@pytest.mark.parametrize(
    ("field", "cell", "words"),
    [
        ("places", "DE", "must be a list in JSON"),
        ("places", '{"DE": "https://de.example/"}', "must be an array"),
        ("places", '[{"country": "DE"}]', "must be an object of texts"),
        ("places", '[{"country": "DE", "originalURL": 1}]', "must be an object of texts"),
        ("places", '[{"country": "XX", "originalURL": "https://a.example/"}]', "ISO 3166-1"),
        ("places", '[{"country": "DE", "region": "QQ", "originalURL": "https://a.example/"}]', "ISO 3166-2"),
        ("places", '[{"country": "DE", "originalURL": "http://go.example/x"}]', "would be a loop"),
        ("places", "[" * 100_000, "must be a list in JSON"),
        ("places", "x" * 600_000, "longer than"),
        ("rules", '[{"condition": {"moon": 1}, "originalURL": "https://a.example/"}]', "exactly one of"),
        ("rules", '[{"condition": {"device": ["mobile"]}, "originalURL": "http://go.example/x"}]', "would be a loop"),
        ("variants", '[{"weight": NaN}]', "whole number"),
        ("variants", '[{"weight": 1, "name": "\\ud800"}]', "must be a list in JSON"),
        ("opengraph", '[["title"]]', "pairs"),
        ("opengraph", '[["nonsense", "x"]]', "no OpenGraph property"),
    ],
)
def test_what_cannot_be_beside_a_link_is_told_by_its_column_and_makes_no_link(signed: Site, field: str, cell: str, words: str):
    text = io.StringIO()
    csv.writer(text).writerows([["url", "path", field], ["https://example.com/", "x", cell], ["https://b.example/", "y", ""]])
    where = imported(signed, text.getvalue())
    assert [link.path for link in links_of(signed)] == ["y"]
    reported = list(csv.reader(io.StringIO(signed.get(f"{where}/bad-rows").content.decode("utf-8-sig"))))
    assert reported[1][-2] == field
    assert words in reported[1][-1]


def test_exports_obey_the_filters_of_the_list(signed: Site):
    signed.add_link("red", tags=("x",))
    signed.add_link("blue")
    signed.add_link("old", archived=True)

    def paths(query: str) -> list[str]:
        text = signed.get(f"/dashboard/domains/1/export{query}").content.decode("utf-8-sig")
        return sorted(row["path"] for row in csv.DictReader(io.StringIO(text)))

    assert paths("") == ["blue", "red"]
    assert paths("?show=all") == ["blue", "old", "red"]
    assert paths("?tag=x") == ["red"]
    assert paths("?q=blue") == ["blue"]
    assert paths("?show=archived") == ["old"]
    assert Event.LINKS_EXPORTED in [entry.event for entry in signed.entries()]


def test_links_with_passwords_do_not_come_back_without(signed: Site):
    signed.add_link("secret", password="geheim")
    text = signed.get("/dashboard/domains/1/export").content
    assert b"argon2" not in text
    signed.add_domain("two.example")
    where = upload(signed, text, path="/dashboard/domains/2/import").headers["location"]
    signed.post(where, form_of(signed.get(where).text))
    work(signed)
    assert "protected by a password" in signed.get(where).text


def test_hostile_cells_are_reported_or_stored_as_they_are(signed: Site):
    text = io.StringIO()
    rows = [["url", "slug", "title", "tags", "folder"]]
    for number, hostile in enumerate(HOSTILE):
        rows += [[f"https://{number}.example/", "", hostile, "", ""], [f"https://{number}.example/t", "", "", hostile, ""]]
        rows += [[hostile, f"p{number}", "", "", ""], [f"https://{number}.example/f", "", "", "", hostile]]
    csv.writer(text).writerows(rows)
    where = upload(signed, text.getvalue().encode("utf-8", "replace"), name='<script>alert("x")</script>.csv').headers[
        "location"
    ]
    for _ in range(2):
        page = signed.get(where)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        signed.post(where, form_of(page.text) if "column-1" in page.text else {})
        work(signed)
    page = signed.get(where).text
    assert "<script>alert" not in page
    assert "<b>" not in page
    signed.post(f"{where}/start")
    work(signed)
    assert signed.get(f"{where}/bad-rows").status_code == 200
    assert any(link.title == HOSTILE[0] for link in links_of(signed))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04zip", b"a," * 500 + b"\n", b"\x89PNG\r\n\x1a\n"])
def test_files_that_are_no_lists_are_refused_beside_the_field(signed: Site, content: bytes):
    answer = upload(signed, content)
    assert answer.status_code == 400
    assert 'id="file-error"' in answer.text


def test_no_file_and_odd_forms_are_answered_in_words(signed: Site):
    assert signed.post(LIST).status_code == 400
    where = upload(signed, "url\nhttps://a.example/\n").headers["location"]
    page = signed.get(where).text
    for changes in (
        {"encoding": "rot13"},
        {"separator": "xx"},
        {"taken": "steal"},
        {"column": ["nonsense"]},
        {"column": [""]},
        {"column": ["originalURL", "originalURL"]},
        {"column": ["path"]},
    ):
        answer = signed.post(where, form_of(page) | changes)
        assert answer.status_code == 400, changes
        assert "alert" in answer.text
    assert signed.post(where, form_of(page, again="1", separator=";")).status_code == 200
    assert signed.post(f"{where}/start").status_code == 409
    for end in ("", "/bad-rows"):
        assert signed.get(f"{LIST}/999{end}").status_code == 404
        assert signed.get(f"/dashboard/domains/99/import/1{end}").status_code == 404
    assert signed.post(f"{where}/remove").status_code == 303
    assert signed.get(where).status_code == 404


def test_others_do_not_see_ones_files(signed: Site):
    where = upload(signed, "url\nhttps://a.example/\n").headers["location"]
    with signed.database.write() as opened:
        other = opened.users.add(email="x@example.com", name=None, password_hash="none", created_at=datetime.now(UTC))
        opened.connection.exec_driver_sql("UPDATE link_imports SET user_id = ?", (other.id,))
    for path in (where, f"{where}/bad-rows"):
        assert signed.get(path).status_code == 404
    assert signed.post(f"{where}/remove").status_code == 404
    assert "links.csv" not in signed.get(LIST).text


def test_large_files_are_taken_in_parts(signed: Site):
    rows = "".join(f"https://example.com/{number},{'x' * 200}\n" for number in range(12_000))
    where = upload(signed, "url,note\n" + rows).headers["location"]
    with signed.database.read() as opened:
        assert opened.link_imports.part(int(where.rsplit("/", 1)[1]), 2) is not None
    assert "columns" in signed.get(where).text
