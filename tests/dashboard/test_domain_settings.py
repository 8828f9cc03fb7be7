"""The settings of a domain in tabs: shown, saved, refused beside their fields, and never saved over another's."""

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from linnet.actions.domain_settings import update_settings
from linnet.actions.sign_in import user_actor
from linnet.dashboard.domain_fields import TABS, Kind
from linnet.model.access import Role
from linnet.model.domain import Domain
from linnet.model.domain_settings import FIELDS
from tests.dashboard.conftest import Site
from tests.dashboard.people import browser_of, join
from tests.support.codes import picture

PNG = picture(32, 32, "seagreen")


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    return site


def domain(site: Site) -> Domain:
    with site.database.read() as work:
        found = work.domains.find(1)
    assert found is not None
    # Reading a domain may check it.
    return replace(found, checked_at=None)


def at(tab: str) -> str:
    return "/dashboard/domains/1/settings" + ("" if tab == "general" else f"/{tab}")


def opened(site: Site, tab: str) -> dict[str, str]:
    """The fields of the form of a tab, as a browser would send them back."""
    page = site.get(at(tab)).text
    form = page[
        page.index('<form method="post" class') if '<form method="post" class' in page else page.index('enctype="multipart') :
    ]
    form = form[: form.index("</form>")]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{each}="([^"]*)"', tag) for each in ("name", "value"))
        if name and "checkbox" in tag and " checked" not in tag:
            continue
        if name and 'type="file"' not in tag:
            fields[name[1]] = html.unescape(value[1] if value else "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        fields[name] = html.unescape(text)
    for name, inside in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        fields[name] = html.unescape(chosen[1]) if chosen else ""
    fields.pop("once", None)
    return fields


def save(site: Site, tab: str, fields: dict[str, str], **more: str) -> Any:
    return site.post(at(tab), fields | more)


def upload(site: Site, fields: dict[str, str], content: bytes) -> Any:
    icon = {"favicon": ("i.png", content, "image/png")}
    return site.client.post(at("appearance"), data=fields, files=icon, follow_redirects=False)


def test_every_setting_has_its_place_and_its_sentence():
    shown = [setting for _, settings in TABS.values() for setting in settings]
    names = {setting.name.partition(".")[0] for setting in shown}
    # What is stored of addresses is one setting in three ways.
    assert names == set(FIELDS) - {"hideVisitorIp"} | {"visitorAddresses"}
    assert all(setting.label and setting.help.endswith((".", "monitor.")) for setting in shown)


STATEMENTS = [
    {"relation": ["delegate_permission/common.handle_all_urls"], "target": {"namespace": "web", "site": "https://a.example"}}
]
SET = {
    "general": {
        "linkType": ("secure", "link_type", "secure"),
        "caseSensitive": ("1", "case_sensitive", True),
        "httpsLevel": ("redirect", "https_level", "redirect"),
        "httpsLinks": ("1", "https_links", True),
        "purgeExpiredLinks": ("1", "purge_expired_links", True),
        "limitCountsRobots": ("1", "limit_counts_robots", True),
        "enableAI": ("1", "enable_ai", True),
        "clientStorage": ('{"a": [1]}', "client_storage", {"a": [1]}),
    },
    "redirects": {
        "rootRedirect": ("https://example.com/", "root_redirect", "https://example.com/"),
        "redirect404": ("https://example.com/404", "redirect_404", "https://example.com/404"),
        "cloaking": ("1", "cloaking", True),
        "hideReferer": ("1", "hide_referrer", True),
    },
    "tracking": {
        "qrScanTracking": ("", "qr_scan_tracking", False),
        "enableConversionTracking": ("1", "enable_conversion_tracking", True),
        "integrationGA": ("G-ABC1234567", "integration_ga", "G-ABC1234567"),
        "integrationGTM": ("GTM-ABC123", "integration_gtm", "GTM-ABC123"),
        "integrationFB": ("123", "integration_fb", "123"),
        "integrationTT": ("C4", "integration_tt", "C4"),
        "integrationAdroll": ("A/B", "integration_adroll", "A/B"),
        "segmentKey": ("key", "segment_key", "key"),
        "webhookURL": ("https://example.com/hook", "webhook_url", "https://example.com/hook"),
    },
    "privacy": {
        "visitorAddresses": ("whole", "whole_addresses", True),
        "clickRetentionDays": ("90", "click_retention_days", 90),
        "ipExclusions": ("192.0.2.1\r\n\r\n 2001:db8::/32 ", "ip_exclusions", ("192.0.2.1", "2001:db8::/32")),
    },
    "robots": {"robots": ("noindex", "robots", "noindex")},
    "appearance": {
        "pageTexts.notFound": ("Gone\r\nfor good", "page_texts", {"not_found": "Gone\nfor good", "password": "Psst"}),
        "pageTexts.password": ("Psst", "page_texts", {"not_found": "Gone\nfor good", "password": "Psst"}),
        "assetLinks": (
            json.dumps(
                [
                    {
                        "relation": ["delegate_permission/common.handle_all_urls"],
                        "target": {"namespace": "web", "site": "https://a.example"},
                    }
                ]
            ),
            "asset_links",
            '[{"relation":["delegate_permission/common.handle_all_urls"],"target":{"namespace":"web","site":"https://a.example"}}]',
        ),
        "appleAppSiteAssociation": (
            '{"webcredentials": {"apps": ["ABCDE12345.com.example.app"]}}',
            "apple_association",
            '{"webcredentials":{"apps":["ABCDE12345.com.example.app"]}}',
        ),
    },
}


@pytest.mark.parametrize("tab", TABS)
def test_every_setting_of_a_tab_is_saved_shown_again_and_taken_back(owner: Site, tab: str):
    before, fields = domain(owner), opened(owner, tab)
    answer = save(owner, tab, fields | {name: typed for name, (typed, _, _) in SET[tab].items()})
    assert (answer.status_code, answer.headers["location"]) == (303, at(tab))
    changed = domain(owner)
    for _, name, value in SET[tab].values():
        assert getattr(changed, name) == value
    # What is not on the tab stays; what webhooks are told is counted from the address on one of the tabs.
    own = {name for _, name, _ in SET[tab].values()} | {"webhook_events"}
    assert replace(changed, **{name: getattr(before, name) for name in own}, updated_at=before.updated_at) == before
    again = opened(owner, tab)
    assert save(owner, tab, again).status_code == 303
    assert domain(owner) == changed
    assert save(owner, tab, again | {name: fields.get(name, "") for name in SET[tab]}).status_code == 303
    assert replace(domain(owner), updated_at=before.updated_at) == before


def test_settings_of_every_kind_are_covered():
    assert {s.name for _, settings in TABS.values() for s in settings if s.kind is not Kind.ICON} - {
        name for tab in SET.values() for name in tab
    } == {"pageTexts.expired"}


def test_an_icon_is_taken_from_a_file_and_removed(owner: Site):
    token = owner.form_token()
    sent = {"form_token": token, "marks": opened(owner, "appearance")["marks"]}
    answer = owner.client.post(
        at("appearance"), data=sent, files={"favicon": ("i.png", PNG, "image/png")}, follow_redirects=False
    )
    assert answer.status_code == 303
    icon = domain(owner).favicon
    assert icon is not None
    assert icon.startswith("data:image/png;base64,")
    assert icon in owner.get(at("appearance")).text
    assert save(owner, "appearance", opened(owner, "appearance")).status_code == 303
    assert domain(owner).favicon == icon
    save(owner, "appearance", opened(owner, "appearance"), **{"favicon.remove": "1"})
    assert domain(owner).favicon is None


@pytest.mark.parametrize("content", [b"", b"<script>", PNG[:40], b"\x89PNG\r\n\x1a\n" + b"\0" * 70_000])
def test_a_file_that_is_no_icon_is_refused_beside_the_field(owner: Site, content: bytes):
    sent = {"form_token": owner.form_token(), "pageTexts.notFound": "typed text"}
    answer = owner.client.post(
        at("appearance"), data=sent, files={"favicon": ("i.png", content, "image/png")}, follow_redirects=False
    )
    assert answer.status_code == 400
    assert 'id="favicon-error"' in answer.text
    assert "typed text" in answer.text


BAD = [
    ("redirects", "rootRedirect", "javascript:alert(1)"),
    ("redirects", "redirect404", "https://go.example/nothing"),
    ("redirects", "rootRedirect", "x" * 10_000),
    ("tracking", "integrationGTM", "<script>alert(1)</script>"),
    ("tracking", "segmentKey", "\u202e" + "x" * 10_000),
    ("tracking", "integrationFB", "a\0b"),
    ("tracking", "webhookURL", "ftp://example.com"),
    ("privacy", "clickRetentionDays", "0"),
    ("privacy", "clickRetentionDays", "soon"),
    ("privacy", "clickRetentionDays", "9" * 10_000),
    ("privacy", "ipExclusions", "192.0.2.1\nnot one"),
    ("privacy", "ipExclusions", "\n".join(["192.0.2.1"] * 1001)),
    ("privacy", "visitorAddresses", "some"),
    ("general", "clientStorage", "[" * 10_000),
    ("general", "clientStorage", '"text"'),
    ("general", "clientStorage", '{"a": NaN}'),
    ("general", "clientStorage", '{"a": "\\ud800"}'),
    ("general", "clientStorage", '{"a": ' + "9" * 5000 + "}"),
    ("general", "httpsLevel", "maybe"),
    ("appearance", "pageTexts.expired", "x" * 1001),
    ("appearance", "pageTexts.expired", "a\x07b"),
    ("appearance", "assetLinks", "{}"),
    ("appearance", "appleAppSiteAssociation", "not json"),
]


@pytest.mark.parametrize(("tab", "name", "typed"), BAD, ids=lambda each: each[:20])
def test_a_mistake_is_told_beside_its_field_and_everything_typed_is_kept(owner: Site, tab: str, name: str, typed: str):
    before, fields = domain(owner), opened(owner, tab)
    answer = save(owner, tab, fields, **{name: typed})
    assert answer.status_code == 400
    assert f'id="{name.replace(".", "-")}-error"' in answer.text
    assert domain(owner) == before
    # A choice that there is not cannot be shown as chosen.
    if name not in ("visitorAddresses", "httpsLevel") and "\0" not in typed:
        shown = html.unescape(answer.text).replace("\r\n", "\n")
        assert typed[:200] in shown
    assert "<script>alert" not in answer.text


def test_all_mistakes_are_told_at_once(owner: Site):
    answer = save(owner, "redirects", opened(owner, "redirects"), rootRedirect="one", redirect404="two")
    assert 'id="rootRedirect-error"' in answer.text
    assert 'id="redirect404-error"' in answer.text


def test_the_second_editor_is_told_what_the_first_one_changed_and_keeps_what_was_typed(owner: Site):
    join(owner, "b@example.com", role=Role.ADMIN)
    mine = opened(owner, "redirects")
    with browser_of(owner, "b@example.com"):
        theirs = opened(owner, "redirects")
        assert save(owner, "redirects", theirs, rootRedirect="https://example.com/theirs", cloaking="1").status_code == 303
    answer = save(owner, "redirects", mine, rootRedirect="https://example.com/mine", redirect404="https://example.com/404")
    assert answer.status_code == 409
    text = re.sub(r"<[^>]*>|\s+", " ", html.unescape(answer.text))
    text = re.sub(r" +", " ", text)
    assert "Visitors of the bare domain go to: from “nothing” to “https://example.com/theirs” – b@example.com" in text
    assert "Show destinations in a frame: from “off” to “on” – b@example.com" in text
    assert domain(owner).root_redirect == "https://example.com/theirs"
    for kept in ("https://example.com/mine", "https://example.com/404"):
        assert f'value="{kept}"' in answer.text
    # What was not touched is as it is now.
    assert re.search(r'name="cloaking"[^>]* checked', answer.text)
    marks = re.search(r'name="marks" value="([^"]*)"', answer.text)
    assert marks is not None
    again = mine | {"marks": html.unescape(marks[1]), "cloaking": "1"}
    answer = save(owner, "redirects", again, rootRedirect="https://example.com/mine", redirect404="https://example.com/404")
    assert answer.status_code == 303
    assert (domain(owner).root_redirect, domain(owner).cloaking) == ("https://example.com/mine", True)


def test_who_set_the_same_is_told_of_nothing_and_other_tabs_are_no_conflict(owner: Site):
    mine = opened(owner, "robots")
    update_settings(owner.context_of(user_actor(owner.database, 1)), 1, {"robots": "noindex", "cloaking": True})
    assert save(owner, "robots", mine, robots="noindex").status_code == 303


FORGED = json.dumps({"pageTexts": "5", "robots": "[1]", "ipExclusions": '[{"a": 1}]', "rootRedirect": '{"a": []}'})


@pytest.mark.parametrize("marks", [FORGED, "", "{", "[]", '{"robots": 5, "nonsense": "x"}', "x" * 10_000])
def test_marks_that_are_none_are_no_failure(owner: Site, marks: str):
    for tab in TABS:
        assert save(owner, tab, {"robots": "noindex", "marks": marks}).status_code in (303, 409)


@pytest.mark.parametrize("tab", TABS)
def test_who_reads_only_sees_the_settings_and_does_not_save_them(owner: Site, tab: str):
    join(owner, "b@example.com")
    before = domain(owner)
    with browser_of(owner, "b@example.com"):
        page = owner.get(at(tab))
        assert page.status_code == 200
        assert "<fieldset" in page.text
        assert "disabled>" in page.text
        assert ">Save</button>" not in page.text
        assert save(owner, tab, {"robots": "noindex", "cloaking": "1"}).status_code == 403
    assert domain(owner) == before
