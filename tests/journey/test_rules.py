"""Visitors against a link's own rules and weighted variants, from the request to the statistics."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journey.test_targeting import ANDROID, CALIFORNIAN, GERMAN, IPHONE, NOBODY, WINDOWS
from tests.support.server import Server

WHERE = "https://example.com/"
ADDRESSES = {"rules": "/link_rules", "variants": "/link_variants"}
VISITORS = 1_500


def put(server: Server, link: dict[str, Any], kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = server.api("PUT", f"{ADDRESSES[kind]}/{link['idString']}", rows)
    assert answer.status == 200, answer
    assert server.api("GET", f"{ADDRESSES[kind]}/{link['idString']}").json == answer.json
    stored: list[dict[str, Any]] = answer.json
    return stored


def rule(condition: dict[str, Any], name: str) -> dict[str, Any]:
    return {"condition": condition, "originalURL": WHERE + name, "name": name}


def led(server: Server, path: str, **headers: str) -> str | None:
    given = {"X_Forwarded_For": NOBODY, "User_Agent": WINDOWS} | headers
    return (server.visit(path, **given).location or "").removeprefix(WHERE)


def test_the_first_of_the_own_rules_that_fits_leads_a_visitor_and_goes_before_all_others(server: Server):
    link = server.create("own", WHERE, iphoneURL=WHERE + "iphone")
    there = {"country": "US", "originalURL": WHERE + "us"}
    assert server.api("POST", f"/link_country/{link['idString']}", there).status in (200, 201)
    put(
        server,
        link,
        "rules",
        [
            rule({"all": [{"language": ["de"]}, {"not": {"os": ["android"]}}]}, "german"),
            rule({"any": [{"browser": ["samsung"]}, {"device": ["mobile"]}]}, "mobile"),
            rule({"query": {"name": "ref", "contains": "news"}}, "news"),
            rule({"referrer": {"hosts": ["example.org"]}}, "referred"),
            rule({"cidr": ["85.214.0.0/16"]}, "network"),
            rule({"region": ["US-CA"]}, "california"),
        ],
    )
    assert led(server, "/own", Accept_Language="de-AT,de;q=0.9,en;q=0.8") == "german"
    assert led(server, "/own", Accept_Language="en,de;q=0.9") == ""
    assert led(server, "/own", Accept_Language="de", User_Agent=ANDROID) == "mobile"
    assert led(server, "/own", User_Agent=IPHONE) == "mobile"
    assert led(server, "/own?ref=the+news&x=1") == "news?ref=the+news&x=1"
    assert led(server, "/own", Referer="https://www.example.org/page") == "referred"
    assert led(server, "/own", X_Forwarded_For=GERMAN) == "network"
    assert led(server, "/own", X_Forwarded_For=CALIFORNIAN) == "california"
    assert led(server, "/own") == ""
    put(server, link, "rules", [])
    assert led(server, "/own", Accept_Language="de") == ""
    assert led(server, "/own", X_Forwarded_For=CALIFORNIAN) == "us"
    assert led(server, "/own", User_Agent=IPHONE) == "iphone"


def test_rules_by_time_look_at_the_clocks_of_their_zone(server: Server):
    link = server.create("timed", WHERE)
    now = datetime.now(UTC)
    around = {name: (now + timedelta(hours=hours)).strftime("%H:%M") for name, hours in (("from", -6), ("until", 6))}
    otherwise = {"from": around["until"], "until": around["from"]}
    day = {"days": [(now + timedelta(hours=hours)).strftime("%A").lower() for hours in (-1, 1)], "timeZone": "UTC"}
    past = {"date": {"until": (now - timedelta(hours=1)).isoformat()}}
    put(
        server,
        link,
        "rules",
        [
            rule(past, "past"),
            rule({"timeOfDay": otherwise | {"timeZone": "UTC"}}, "other half of the day"),
            rule({"not": {"weekday": day}}, "other day"),
            rule({"all": [{"timeOfDay": around | {"timeZone": "Etc/UTC"}}, {"date": {"from": "2026-01-01"}}]}, "now"),
        ],
    )
    assert led(server, "/timed") == "now"


def test_a_wildcard_captures_for_rules_and_variants_too(server: Server):
    link = server.create("own/*", WHERE + "$1")
    put(server, link, "rules", [rule({"language": ["de"]}, "de/$1")])
    assert led(server, "/own/a/b?c=d", Accept_Language="de") == "de/a/b?c=d"
    put(server, link, "variants", [{"originalURL": WHERE + "way/$1", "weight": 1}])
    assert led(server, "/own/a/b?c=d") == "way/a/b?c=d"


def test_rules_and_variants_survive_a_rebuilt_index(server: Server):
    link = server.create("kept", WHERE)
    put(server, link, "rules", [rule({"language": ["de"]}, "de")])
    put(server, link, "variants", [{"originalURL": WHERE + "way", "weight": 1}])
    server.stop()
    for file in (server.directory / "routes.mdb").iterdir():
        file.unlink()
    server.start()
    assert led(server, "/kept", Accept_Language="de") == "de"
    assert led(server, "/kept") == "way"


def test_variants_get_their_weights_stay_for_each_visitor_and_are_in_the_statistics(server: Server):
    link = server.create("ways", WHERE + "own", splitURL=WHERE + "split")
    rows = [{"weight": 5}, {"originalURL": WHERE + "two", "weight": 3}, {"originalURL": WHERE + "three", "weight": 2}]
    stored = put(server, link, "variants", rows)
    names = {"own": "a", "two": "b", "three": "c"}
    assert [row["label"] for row in stored] == list(names.values())
    visitors = [{"X_Forwarded_For": f"20.{n >> 8}.{n & 255}.1", "User_Agent": f"{WINDOWS} visitor"} for n in range(VISITORS)]
    ways = [led(server, "/ways", **visitor) for visitor in visitors]
    counted = Counter(ways)
    # Five standard deviations; the lots are a hash, so that this is the same every time.
    for name, part in (("own", 0.5), ("two", 0.3), ("three", 0.2)):
        assert abs(counted[name] / VISITORS - part) < 0.065, counted
    put(server, link, "variants", list(reversed(stored)))
    assert [led(server, "/ways", **visitor) for visitor in visitors[:50]] == ways[:50]
    server.wait(lambda: server.link_clicks(link["idString"]) == VISITORS + 50, "the clicks")
    answer = server.api("POST", f"/statistics/link/{link['idString']}/top", {"column": "ab_path", "period": "today"})
    assert answer.status == 200, answer
    told = {row["column"]: int(row["score"]) for row in answer.json}
    assert told == {label: (ways + ways[:50]).count(name) for name, label in names.items()}
