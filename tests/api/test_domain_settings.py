"""Every setting of a domain over the API: stored, given back, and refused by its name when it cannot be."""

from typing import Any

import pytest

from tests.api.conftest import Api


def change(api: Api, number: int = 1, **sent: Any) -> Any:
    return api.request("POST", f"/domains/settings/{number}", json=sent)


def shown(api: Api) -> dict[str, Any]:
    domain: dict[str, Any] = api.request("GET", "/domains/1").json()
    return domain


PAGE_TEXTS = {"notFound": "<b>No</b>\nlink", "expired": "Over."}
APPLE = {"webcredentials": {"apps": ["ABCDE12345.com.example.app"]}, "big": 2**70, "ü": "\u2028\u0000"}
ANDROID = [{"relation": ["r"], "target": {"namespace": "web", "site": "https://example.com"}}]
GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs="

ADDRESSES = {"visitorAddresses", "hideVisitorIp"}

VALUES = [
    ("httpsLevel", "none", "none"),
    ("httpsLevel", "redirect", "redirect"),
    ("httpsLevel", "hsts", "hsts"),
    ("robots", "disallow", "disallow"),
    ("robots", "noindex", "noindex"),
    ("segmentKey", " key ", "key"),
    ("linkType", "secure", "secure"),
    ("linkType", "increment", "increment"),
    ("cloaking", True, True),
    ("hideReferer", True, True),
    ("hideReferer", 1, True),
    ("hideVisitorIp", True, True),
    ("httpsLinks", True, True),
    ("httpsLinks", 1, True),
    ("webhookURL", "https://hooks.example.com/click?a=1", "https://hooks.example.com/click?a=1"),
    ("integrationGA", "G-ABC", "G-ABC"),
    ("integrationFB", "123", "123"),
    ("integrationTT", "C4", "C4"),
    ("integrationAdroll", "ADV", "ADV"),
    ("integrationGTM", "GTM-ABC1", "GTM-ABC1"),
    ("integrationGTM", "G-ABC1", "G-ABC1"),
    ("enableConversionTracking", True, True),
    ("qrScanTracking", False, False),
    ("qrScanTracking", 0, False),
    (
        "clientStorage",
        {"a": [1, {"b": None}], "ü": "\u2028", "big": 2**70},
        {"a": [1, {"b": None}], "ü": "\u2028", "big": 2**70},
    ),
    ("purgeExpiredLinks", True, True),
    ("enableAI", True, True),
    ("caseSensitive", True, True),
    ("redirect404", "https://example.com/404", "https://example.com/404"),
    (
        "ipExclusions",
        ["192.0.2.1", "192.0.2.9/24", "2001:DB8::1", "2001:db8::1/32", "192.0.2.1/32", "::ffff:192.0.2.7"],
        ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/32", "192.0.2.7"],
    ),
    ("rootRedirect", "https://example.com/home", "https://example.com/home"),
    ("limitCountsRobots", True, True),
    ("limitCountsRobots", 1, True),
    ("visitorAddresses", "whole", "whole"),
    ("visitorAddresses", "truncated", "truncated"),
    ("visitorAddresses", "never", "never"),
    ("clickRetentionDays", 1, 1),
    ("clickRetentionDays", 36500, 36500),
    ("clickRetentionDays", 30.0, 30),
    ("clickRetentionDays", None, None),
    ("pageTexts", {"notFound": " <b>No</b>\r\nlink ", "expired": "Over.", "password": None}, PAGE_TEXTS),
    ("appleAppSiteAssociation", APPLE, APPLE),
    ("assetLinks", ANDROID, ANDROID),
]


@pytest.mark.parametrize(("name", "sent", "stored"), VALUES)
def test_a_setting_is_stored_and_given_back(api: Api, name: str, sent: Any, stored: Any):
    before = shown(api)
    answer = change(api, **{name: sent})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    after = shown(api)
    assert after[name] == stored
    assert type(after[name]) is type(stored)
    changed = {key for key in after | before if after.get(key) != before.get(key)} - {"updatedAt"}
    assert changed <= ({name} if stored not in ("never", True) or name not in ADDRESSES else ADDRESSES)


def test_what_is_stored_of_addresses_shows_under_both_of_its_names(api: Api):
    def both(**sent: Any) -> tuple[str, bool]:
        assert change(api, **sent).status_code == 200
        after = shown(api)
        return after["visitorAddresses"], after["hideVisitorIp"]

    assert both() == ("truncated", False)
    assert both(visitorAddresses="whole") == both(hideVisitorIp=False) == ("whole", False)
    assert both(hideVisitorIp=True) == both(visitorAddresses="never") == ("never", True)
    # What was not to be stored at all is not stored whole because of what was before.
    assert both(hideVisitorIp=False) == ("truncated", False)
    assert both(hideVisitorIp=False, visitorAddresses="whole") == ("whole", False)
    assert both(hideVisitorIp=1, visitorAddresses="never") == ("never", True)
    assert both(visitorAddresses="truncated") == ("truncated", False)


@pytest.mark.parametrize(("hidden", "wanted"), [(True, "whole"), (True, "truncated"), (False, "never"), (0, "never")])
def test_two_names_that_contradict_each_other_change_nothing(api: Api, hidden: bool, wanted: str):
    before = shown(api)
    answer = change(api, hideVisitorIp=hidden, visitorAddresses=wanted, robots="noindex")
    assert (answer.status_code, answer.json()["field"]) == (400, "visitorAddresses")
    assert "hideVisitorIp" in answer.json()["message"]
    assert shown(api) == before


@pytest.mark.parametrize(
    "name",
    [
        "segmentKey",
        "webhookURL",
        "redirect404",
        "rootRedirect",
        "integrationGA",
        "integrationFB",
        "integrationTT",
        "integrationAdroll",
        "integrationGTM",
    ],
)
@pytest.mark.parametrize("nothing", [None, "", " "])
def test_an_optional_setting_is_cleared(api: Api, name: str, nothing: str | None):
    value = "https://example.com/" if name in ("webhookURL", "redirect404", "rootRedirect") else "G-1"
    assert change(api, **{name: value}).status_code == 200
    assert shown(api)[name] == value
    assert change(api, **{name: nothing}).status_code == 200
    assert name not in shown(api)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("httpsLevel", ["https", "", None, 1]),
        ("robots", ["index", None, []]),
        ("segmentKey", [1, "k" * 256, "a\u0000b"]),
        ("linkType", ["short", "", None, 6]),
        ("cloaking", ["yes", 2, None, "true", 1.0]),
        ("hideReferer", ["", -1]),
        ("hideVisitorIp", [{}, None]),
        ("visitorAddresses", ["", "WHOLE", "hidden", None, True, 1, ["whole"]]),
        ("clickRetentionDays", [0, -1, 36501, 1.5, True, "30", "", [], 2**70, 1e300]),
        ("httpsLinks", ["no", 2]),
        ("webhookURL", ["ftp://example.com/", "javascript:alert(1)", "hooks.example.com", 1, ["https://example.com/"]]),
        ("integrationGA", [1, "x" * 256]),
        ("integrationFB", [{"a": 1}]),
        ("integrationTT", [True]),
        ("integrationAdroll", ["a\nb"]),
        ("integrationGTM", ["ABC", 7, "UA-1"]),
        ("enableConversionTracking", ["1"]),
        ("qrScanTracking", [None]),
        ("clientStorage", [None, [], "{}", {"a": "x" * 65536}]),
        ("purgeExpiredLinks", ["x"]),
        ("enableAI", [5]),
        ("caseSensitive", ["off"]),
        ("redirect404", ["/404", "data:text/html,x", "https://go.example/404"]),
        (
            "rootRedirect",
            ["/home", "javascript:alert(1)", "shortsecure://a?b", "https://go.example", "https://GO.example/?a", 1],
        ),
        ("favicon", [1, "https://example.com/favicon.ico", "data:image/png;base64,R0lGODlh", GIF + "A" * 300_000, []]),
        ("pageTexts", ["x", [], {"notfound": "x"}, {"expired": 1}, {"expired": "x" * 1001}, {"password": "a\u0000b"}]),
        ("appleAppSiteAssociation", ["{}", {}, [], {"applinks": {"details": "*"}}]),
        ("assetLinks", [{}, [], [{"relation": ["r"]}]]),
        ("limitCountsRobots", [None, "true"]),
        ("ipExclusions", ["192.0.2.1", ["192.0.2.300"], ["example.com"], [1], [None], ["10.0.0.0/33"], ["192.0.2.1"] * 1001]),
        ("teamId", ["x", True, 1.5, 99, -1]),
        ("qr", ["x", [], {"color": "red"}, {"size": 100}, {"color": "FFFFFF"}, {"logoUrl": "javascript:alert(1)"}]),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name_and_changes_nothing(api: Api, name: str, values: list[Any]):
    before = shown(api)
    for value in values:
        answer = change(api, **{"enableAI": True, name: value})
        body = answer.json()
        assert answer.status_code == (404 if name == "teamId" and value in (99, -1) else 400), (value, answer.text)
        assert body["field"].partition(".")[0] == name
        assert name in body["message"]
        assert body["error"] == body["message"]
        assert body["success"] is False
    assert shown(api) == before


def test_an_icon_is_shown_with_the_domain_alone_and_told_of_in_lists(api: Api):
    assert shown(api)["hasFavicon"] is False
    assert change(api, favicon=GIF).status_code == 200
    assert (shown(api)["favicon"], shown(api)["hasFavicon"]) == (GIF, True)
    (listed,) = api.request("GET", "/api/domains").json()
    assert listed["hasFavicon"] is True
    assert not {"favicon", "pageTexts", "appleAppSiteAssociation", "assetLinks"} & set(listed)


@pytest.mark.parametrize(
    ("name", "value"),
    [("favicon", GIF), ("pageTexts", PAGE_TEXTS), ("appleAppSiteAssociation", APPLE), ("assetLinks", ANDROID)],
)
def test_what_a_domain_has_of_its_own_is_removed_by_null(api: Api, name: str, value: Any):
    assert change(api, **{name: value}).status_code == 200
    assert shown(api)[name] == value
    assert change(api, robots="allow").status_code == 200
    assert shown(api)[name] == value
    assert change(api, **{name: None}).status_code == 200
    assert name not in shown(api)


def test_texts_are_replaced_as_a_whole(api: Api):
    change(api, pageTexts=PAGE_TEXTS)
    change(api, pageTexts={"password": "Members know it.", "expired": ""})
    assert shown(api)["pageTexts"] == {"password": "Members know it."}
    change(api, pageTexts={})
    assert "pageTexts" not in shown(api)


def test_storage_is_bounded_in_depth_too(api: Api):
    deep: Any = {}
    for _ in range(31):
        deep = {"a": deep}
    assert change(api, clientStorage=deep).status_code == 200
    assert change(api, clientStorage={"a": {"a": deep}}).status_code == 400
    nested = b'{"clientStorage":' + b'{"a":' * 900 + b"1" + b"}" * 901
    headers = {"content-type": "application/json"}
    answer = api.request("POST", "/domains/settings/1", content=nested, headers=headers)
    assert (answer.status_code, answer.json().get("field")) == (400, "clientStorage")


def test_a_style_of_qr_codes_is_kept_whole(api: Api):
    assert "qr" not in shown(api)
    assert change(api, qr={"color": "112233", "ecLevel": "h"}).status_code == 200
    style = shown(api)["qr"]
    assert (style["color"], style["ecLevel"], style["backgroundColor"]) == ("112233", "H", "FFFFFF")
    logo = "data:image/png;base64," + "A" * 70_000
    assert change(api, qr={"logoUrl": logo}).status_code == 400
    assert change(api, qr={}).status_code == 200
    assert "qr" not in shown(api)


def test_a_certificate_is_not_issued_anew_here(api: Api):
    change(api, httpsLinks=True)
    assert change(api, httpsLinks=None).json() == {"success": True}
    assert shown(api)["httpsLinks"] is True


def test_the_counter_and_unknown_keys_are_passed_over(api: Api):
    assert change(api, incrementCounter="500", hostname="other.example", state="configured", x=1).status_code == 200
    assert (shown(api)["incrementCounter"], shown(api)["hostname"]) == ("", "go.example")
    assert api.request("POST", "/domains/settings/1").json() == {"success": True}


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b"{", b"[" * 2000])
def test_what_is_no_object_of_settings_is_refused(api: Api, body: bytes):
    answer = api.request("POST", "/domains/settings/1", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize("number", [2, 99, 0, 2**31, 2**70])
def test_settings_of_foreign_and_unknown_domains_are_refused_alike(api: Api, number: int):
    _, foreign = api.other_owner()
    assert foreign.id == 2
    answers = [change(api, number, robots="noindex"), api.request("POST", f"/domains/verify/{number}")]
    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["error"].replace(str(number), "N") == "There is no domain N among those that this key may use."
    answer = api.request("GET", f"/domains/{number}")
    assert (answer.status_code, answer.json()["type"]) == (403, "accessDenied")
    assert answer.json()["error"].replace(str(number), "N") == "There is no domain N among those that this key may use."


def test_https_links_decide_the_scheme_of_short_urls(api: Api):
    assert api.created(path="a")["shortURL"].startswith("http://")
    change(api, httpsLinks=True)
    assert api.created(path="b")["shortURL"].startswith("https://")


def test_a_new_link_type_is_for_new_links(api: Api):
    change(api, linkType="increment")
    assert api.created(allowDuplicates=True)["path"] == "1"
    assert shown(api)["incrementCounter"] == "1"


def test_among_two_owners_a_domain_says_how_to_prove_it(api: Api):
    api.other_owner()
    domain = api.request("POST", "/domains", json={"hostname": "Mine.example", "httpsLinks": 1, "hideReferer": "0"}).json()
    assert (domain["state"], domain["httpsLinks"], domain["hideReferer"]) == ("not_verified", True, False)
    (record, *_) = domain["dnsRecords"]
    assert (record["type"], record["name"]) == ("TXT", "_linnet.mine.example")
    assert record["value"].startswith("linnet-verification=")
    assert api.request("GET", f"/domains/{domain['id']}").json()["dnsRecords"] == domain["dnsRecords"]
    listed = {each["id"]: each for each in api.request("GET", "/api/domains").json()}
    assert listed[domain["id"]]["dnsRecords"] == domain["dnsRecords"]
    assert api.request("POST", f"/domains/verify/{domain['id']}").json()["state"] == "not_verified"


def test_lists_are_narrowed_to_teams_and_favourites(api: Api):
    names = lambda **query: [d["hostname"] for d in api.request("GET", "/api/domains", params=query).json()]  # noqa: E731
    assert names(noTeamId="true") == ["go.example"]
    assert names(teamId=7) == []
    assert names(isFavorite="true") == []
    assert names(isFavorite="false") == ["go.example"]
    assert names(pattern="GO.") == ["go.example"]
    assert names(pattern="%") == []
    for wrong in ({"limit": 0}, {"limit": 301}, {"offset": -1}, {"teamId": "x"}, {"noTeamId": "x"}, {"offset": 2**70}):
        assert api.request("GET", "/api/domains", params=wrong).status_code == 400


def test_a_team_that_is_not_there_gets_no_domain(api: Api):
    for team_id in (99, -1, 2**40):
        answer = api.request("POST", "/domains", json={"hostname": "n.example", "teamId": team_id})
        assert (answer.status_code, answer.json()["field"]) == (404, "teamId")
