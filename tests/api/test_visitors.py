"""What is stored of a visitor, over the API: downloaded and erased by its address, from clicks in the real store."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from linnet.actions.installation import Installed
from linnet.clicks.journal import JournalWriter
from linnet.model.audit import Event
from linnet.model.errors import StatisticsUnavailable
from tests.api.counted import NOW, CountedApi, counted_api, here
from tests.clicks.builders import raw_click

ME, OTHER, NETWORK = "192.0.2.77", "192.0.2.78", "192.0.2.0"


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


def asked(
    api: CountedApi, method: str, address: str, *, domain_id: int | None = None, key: str | None = None, **query: Any
) -> Any:
    path = f"/statistics/domain/{api.domain_id if domain_id is None else domain_id}/visitors/{address}"
    return api.request(method, path, params=query, key=key)


def lines(answer: Any) -> list[dict[str, Any]]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def addresses(api: CountedApi) -> list[str]:
    with api.store.cursor() as cursor:
        return [address for (address,) in cursor.execute('SELECT address FROM clicks ORDER BY "at"').fetchall()]


def with_clicks(api: CountedApi, *told: str, **fields: Any) -> None:
    api.clicks(*[here(api, address=each, at=NOW - timedelta(hours=9 * place), **fields) for place, each in enumerate(told)])


def test_a_visitors_clicks_are_downloaded_oldest_first(api: CountedApi):
    with_clicks(api, ME, OTHER, ME, "", ME)
    told = lines(asked(api, "GET", ME))
    assert [each["address"] for each in told] == [ME, ME, ME]
    assert [each["clicked_at"][:13] for each in told] == ["2026-05-12T10", "2026-05-13T04", "2026-05-13T22"]
    assert lines(asked(api, "GET", "10.0.0.1")) == []
    assert lines(asked(api, "GET", "::ffff:192.0.2.77")) == told


def test_a_visitor_is_erased_and_its_clicks_go_on_counting(api: CountedApi):
    with_clicks(api, ME, OTHER, ME, query="who=me")
    before = api.asked(f"/statistics/domain/{api.domain_id}", period="total")
    answer = asked(api, "DELETE", ME)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "clicks": 2})
    assert addresses(api) == ["", OTHER, ""]
    assert lines(asked(api, "GET", ME)) == []
    assert asked(api, "DELETE", ME).json()["clicks"] == 0
    assert api.asked(f"/statistics/domain/{api.domain_id}", period="total") == before


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_network_has_to_be_meant_where_its_clicks_cannot_be_told_from_the_visitors(api: CountedApi, method: str):
    with_clicks(api, ME, NETWORK, OTHER)
    for address in (ME, NETWORK, OTHER):
        refused = asked(api, method, address)
        body = refused.json()
        assert (refused.status_code, body["field"], body["code"]) == (400, "network", "invalid_field")
        assert "192.0.2.0/24" in body["message"]
        assert "1 clicks of go.example" in body["message"]
    assert addresses(api) == [OTHER, NETWORK, ME]


def test_with_or_without_the_network_says_who_is_meant(api: CountedApi):
    six, site = "2001:db8:12:34::5", "2001:db8:12::"
    with_clicks(api, ME, NETWORK, OTHER, six, site)
    assert [each["address"] for each in lines(asked(api, "GET", ME, network=True))] == [NETWORK, ME]
    assert [each["address"] for each in lines(asked(api, "GET", ME, network=False))] == [ME]
    assert lines(asked(api, "GET", NETWORK, network=False)) == []
    assert [each["address"] for each in lines(asked(api, "GET", "2001:DB8:12:34:0::5", network="true"))] == [site, six]
    assert asked(api, "DELETE", six, network=True).json()["clicks"] == 2
    assert asked(api, "DELETE", ME, network=False).json()["clicks"] == 1
    assert addresses(api) == ["", "", OTHER, NETWORK, ""]


@pytest.mark.parametrize("address", ["nobody", "192.0.2", "192.0.2.777", "192.0.2.0%2F24", "%00", "1" * 300, "fe80::1::2"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_no_address_is_refused(api: CountedApi, method: str, address: str):
    refused = asked(api, method, address)
    assert refused.status_code in (400, 404)
    if refused.status_code == 400:
        assert refused.json()["field"] == "address"


def test_who_may_not_change_the_domain_may_neither(api: CountedApi):
    with_clicks(api, ME)
    key, _ = api.other_owner()
    for method in ("GET", "DELETE"):
        theirs, nobodys = asked(api, method, ME, key=key), asked(api, method, ME, key=key, domain_id=987654)
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.json()["code"] == "domain_not_found"
        assert asked(api, method, ME, key=api.installed.public_key).status_code == 403
    assert addresses(api) == [ME]


def test_the_audit_log_knows_that_it_was_done_and_not_about_whom(api: CountedApi):
    with_clicks(api, ME)
    asked(api, "GET", ME, network=True)
    asked(api, "DELETE", ME)
    asked(api, "DELETE", "nobody")
    entries = [each for each in api.noted() if each.event in (Event.VISITOR_ERASED, Event.VISITOR_EXPORTED)]
    assert [(each.event.value, each.details) for each in entries] == [
        ("domain.visitor_erased", {"network": False}),
        ("domain.visitor_exported", {"network": True}),
    ]
    assert ME not in repr(api.noted())


def test_nothing_is_done_while_clicks_wait_in_the_journal(api: CountedApi, tmp_path: Path):
    with_clicks(api, ME)
    writer = JournalWriter(tmp_path / "journal")
    writer.append([raw_click(domain_id=api.domain_id, peer=ME)])
    for method in ("GET", "DELETE"):
        refused = asked(api, method, ME)
        assert (refused.status_code, refused.json()["code"]) == (503, "statistics_unavailable")
        assert "journal" in refused.json()["message"]
    assert addresses(api) == [ME]
    writer.close()


def test_no_address_of_a_visitor_comes_into_the_log(api: CountedApi, monkeypatch: pytest.MonkeyPatch):
    def fail(*order: object, with_network: bool | None) -> None:
        raise failures.pop()

    failures: list[Exception] = [StatisticsUnavailable("not now"), RuntimeError("a defect")]
    monkeypatch.setattr("linnet.api.visitors.erase_visitor", fail)
    with capture_logs() as told:
        assert [asked(api, "DELETE", ME).status_code for _ in range(2)] == [500, 503]
    assert [each["event"] for each in told] == ["api.failed", "api.unavailable"]
    assert {each["path"] for each in told} == {"/statistics/domain/{domain_id}/visitors/{address}"}
    assert ME not in str(told)
