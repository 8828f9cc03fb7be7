"""Counts of many links and paths, and clearing, over the API, from clicks in the real store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from tests.api.counted import NOW, CountedApi, counted_api, domain, here, number_of


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


class TestCounts:
    def test_links_are_counted_by_the_ids_that_were_sent(self, api: CountedApi):
        (one, first), (two, second), (three, _) = api.link(), api.link(), api.link()
        api.clicks(*[here(api, first)] * 6, here(api, first, human=False), here(api, second, at=NOW - timedelta(days=400)))
        other = two.replace("lnk_", "link_")
        ids = ",".join([one, other, str(second), three, "lnk_1_unknown", "nonsense", "\x00", one])
        path = domain(api, "/link_clicks")
        assert api.asked(path, ids=ids) == {one: 6, other: 1, str(second): 1}
        assert api.asked(path, ids=ids, startDate="2026-05-13") == {one: 6}
        assert api.asked(path, ids=ids, endDate="2026-05-12T00:00:00Z") == {other: 1, str(second): 1}
        assert api.asked(path, ids=ids, startDate="2026-05-14", endDate="2026-05-15") == {}
        assert api.asked(path, ids=[one, two]) == {one: 6, two: 1}

    def test_links_of_another_domain_are_absent(self, api: CountedApi):
        link_id, number = api.link()
        api.clicks(here(api, number), here(api, number, domain_id=api.domain_id + 1))
        mine = api.request("POST", "/domains", json={"hostname": "second.example"}).json()["id"]
        assert api.asked(f"/statistics/domain/{mine}/link_clicks", ids=link_id) == {}

    def test_paths_are_counted_since_their_own_moment_in_whatever_spelling(self, api: CountedApi):
        number = number_of(api, api.created(path="Abc")["idString"])
        api.clicks(
            *[here(api, number, path=path) for path in ("/abc", "/ABC")],
            here(api, number, at=NOW - timedelta(days=40)),
            here(api, 0, path="/gone", status=404),
            here(api, 0, path="/bot", human=False),
        )
        path = domain(api, "/link_clicks")

        def dated(*paths: str, since: Any = "2026-05-01T00:00:00Z") -> dict[str, Any]:
            return {"pathsDates": [{"path": each, "createdAt": since} for each in paths]}

        assert api.asked(path, dated("Abc", "/abc", "gone", "bot", "never")) == {"Abc": 2, "/abc": 2, "gone": 1}
        assert api.asked(path, dated("Abc", since="2026-01-01")) == {"Abc": 3}
        assert api.asked(path, dated("Abc", since=int(NOW.timestamp() * 1000))) == {"Abc": 2}
        assert api.asked(path, dated("Abc", since="2026-05-13T22:30:00.001Z")) == {}
        assert api.asked(path, {"paths": ["Abc", "gone"]}) == {"Abc": 3, "gone": 1}
        assert api.asked(f"{path}?endDate=2026-05-01", dated("Abc", since="2026-01-01")) == {"Abc": 1}
        assert api.asked(f"{path}?startDate=2026-05-02", {"paths": ["Abc"]}) == {"Abc": 2}
        assert api.asked(f"{path}?endDate=2026-04-01", dated("Abc")) == {}
        assert api.asked(path, {"pathsDates": []}) == {}


class TestClearing:
    def test_a_cleared_domain_has_no_clicks_and_others_keep_theirs(self, api: CountedApi):
        link_id, number = api.link()
        mine = api.request("POST", "/domains", json={"hostname": "second.example"}).json()["id"]
        api.clicks(here(api, number), here(api, 1, domain_id=mine))
        answer = api.request("DELETE", domain(api, "/statistics"), headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        for period in ("today", "total"):
            body = api.asked(domain(api), period=period)
            assert (body["clicks"], body["prevClicks"], body["browser"]) == (0, 0, [])
            assert api.asked(f"/statistics/link/{link_id}", period=period)["totalClicks"] == 0
        assert api.asked(domain(api, "/top"), {"column": "path"}) == []
        assert api.asked(domain(api, "/link_clicks"), ids=link_id) == {}
        assert api.asked(domain(api, "/last_clicks"), {}) == []
        assert api.asked(f"/statistics/domain/{mine}")["clicks"] == 1

    def test_what_was_made_before_and_comes_later_stays_away_and_what_is_made_since_counts(self, api: CountedApi):
        api.asked_to_clear()
        api.clicks(here(api, at=NOW - timedelta(days=1)), here(api, at=NOW), here(api, at=NOW + timedelta(milliseconds=1)))
        assert api.asked(domain(api), period="total")["clicks"] == 1

    def test_only_who_may_write_to_the_domain_clears_it(self, api: CountedApi):
        api.clicks(here(api))
        foreign_key, _ = api.other_owner()
        hidden = api.request("DELETE", domain(api, "/statistics"), key=foreign_key)
        absent = api.request("DELETE", "/statistics/domain/99999/statistics", key=foreign_key)
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text == absent.text.replace("99999", str(api.domain_id))
        assert api.request("DELETE", domain(api, "/statistics"), key=api.installed.public_key).status_code == 403
        assert api.asked(domain(api))["clicks"] == 1
