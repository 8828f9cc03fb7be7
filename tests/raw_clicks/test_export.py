"""Files of clicks from a running server: whole, or visibly not; and without anybody holding more than a part of them."""

import csv
import http.client
import io
import json
import time
from pathlib import Path

import duckdb
import pytest

from tests.raw_clicks.conftest import CLICKS, Download, resident_mb
from tests.support.server import Server

PROCESSES = ("clicks", "web-0")


def test_a_large_file_takes_no_more_memory_than_a_small_one(server: Server):
    Download(server, "format=ndjson&period=custom&startDate=2026-01-01&endDate=2026-01-01T02:00:00Z").response.read()
    before = {name: resident_mb(server, name) for name in PROCESSES}
    download, lines, size, peak = Download(server, "format=ndjson&period=total"), 0, 0, dict.fromkeys(PROCESSES, 0.0)
    while part := download.response.read(1 << 20):
        lines += part.count(b"\n")
        size += len(part)
        peak = {name: max(most, resident_mb(server, name)) for name, most in peak.items()}
    download.close()
    assert lines == CLICKS
    assert size > 100 << 20
    grown = {name: peak[name] - before[name] for name in PROCESSES}
    assert max(grown.values()) < 60, grown


def test_who_reads_slowly_holds_up_nobody(server: Server):
    link = server.create("slow")
    before = resident_mb(server, "web-0")
    download = Download(server, "format=ndjson&period=total")
    download.response.read(1000)
    for _ in range(20):
        server.visit("/slow")
    # The store takes clicks in and answers questions, and nothing piles up, while the client does not read.
    server.wait(lambda: server.link_clicks(link["idString"]) == 20, "clicks to be stored")
    time.sleep(1)
    assert resident_mb(server, "web-0") - before < 30
    download.close()


def test_who_hangs_up_ends_the_work_and_gives_up_the_place(server: Server):
    busy: list[Download] = []

    def both_places_are_taken() -> bool:
        # A download that another test left may hold a place for another moment.
        download = Download(server, "format=csv&period=total")
        (busy.append if download.response.status == 200 else Download.close)(download)
        return len(busy) == 2

    server.wait(both_places_are_taken, "both places", seconds=10)
    refused = server.api("GET", f"/statistics/domain/{server.domain_id}/clicks?period=total")
    assert (refused.status, refused.json["code"]) == (503, "statistics_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    for each in busy:
        each.close()
    free = f"/statistics/domain/{server.domain_id}/clicks?period=custom&startDate=2026-01-01&endDate=2026-01-01T00:01:00Z"
    server.wait(lambda: server.api("GET", free).status == 200, "a free place", seconds=10)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_half_a_file_cannot_be_taken_for_a_whole_one(server: Server, kind: str):
    server.wait(lambda: server.answers_questions(), "the clicks worker")
    download = Download(server, f"format={kind}&period=total")
    download.response.read(1000)
    clicks = server.pid("clicks")
    server.kill("clicks")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        download.response.read()
    download.close()
    server.wait_until_replaced("clicks", clicks)
    server.wait(lambda: server.answers_questions(), "the clicks worker")


def test_what_was_cleared_is_in_no_file(server: Server):
    second = server.api("POST", "/domains", {"hostname": "second.localhost"}).json["id"]
    for number in range(30):
        server.request("GET", f"/{number}", host=f"second.localhost:{server.port}")
    at = f"/statistics/domain/{second}"
    server.wait(lambda: len(server.api("GET", f"{at}/clicks").body.splitlines()) == 31, "clicks of the second domain")
    assert server.api("DELETE", f"{at}/statistics").status == 200
    assert len(server.api("GET", f"{at}/clicks").body.splitlines()) == 1


def test_every_format_tells_the_same_clicks(server: Server, tmp_path: Path):
    server.wait(lambda: server.answers_questions(), "the clicks worker")
    span = "period=custom&startDate=2026-01-01T01:00:00Z&endDate=2026-01-01T01:09:59.999Z"
    at = f"/statistics/domain/{server.domain_id}/clicks?{span}"
    files = {kind: server.api("GET", f"{at}&format={kind}") for kind in ("csv", "ndjson", "parquet")}
    assert [each.headers["content-type"] for each in files.values()] == [
        "text/csv; header=present; charset=utf-8",
        "application/x-ndjson",
        "application/vnd.apache.parquet",
    ]
    assert files["csv"].headers["content-disposition"] == 'attachment; filename="clicks-go.localhost.csv"'
    assert files["csv"].headers["x-accel-buffering"] == "no"
    lines = [json.loads(line) for line in files["ndjson"].body.splitlines()]
    rows = list(csv.DictReader(io.StringIO(files["csv"].body.decode(), newline="")))
    (tmp_path / "clicks.parquet").write_bytes(files["parquet"].body)
    with duckdb.connect() as connection:
        query = "SELECT epoch_ms(clicked_at), path, visitor, human, conversions FROM read_parquet(?)"
        table = connection.execute(query, [str(tmp_path / "clicks.parquet")]).fetchall()
    assert len(lines) == len(rows) == len(table) == 600
    assert [each["clicked_at"] for each in rows] == [each["clicked_at"] for each in lines]
    assert lines[0]["clicked_at"] == "2026-01-01T01:00:00.000Z"
    assert [str(each["visitor"]) for each in lines] == [each["visitor"] for each in rows] == [str(each[2]) for each in table]
    assert [each["human"] for each in lines] == [each["human"] == "true" for each in rows] == [each[3] for each in table]
    assert list(rows[0]) == list(lines[0])


def test_filters_and_one_link_alone(server: Server):
    link = server.create("alone")
    server.visit("/alone")
    server.wait(lambda: server.link_clicks(link["idString"]) == 1, "the click")
    at = f"/statistics/domain/{server.domain_id}/clicks"
    of_link = server.api("GET", f"{at}?format=ndjson&linkId={link['idString']}").body.splitlines()
    assert [json.loads(line)["link_id"] for line in of_link] == [link["idString"]]
    wish = {
        "format": "ndjson",
        "period": "custom",
        "startDate": "2026-01-01",
        "endDate": "2026-01-02",
        "include": {"countries": ["FR"], "human": True},
        "exclude": {"paths": ["/path-2"]},
    }
    found = [json.loads(line) for line in server.api("POST", at, wish).body.splitlines()]
    assert len(found) == sum(i % 4 == 2 and i % 10 != 0 and i % 500 != 2 for i in range(86_401))
    assert server.api("GET", f"{at}?format=ndjson&linkId=lnk_1_{'x' * 21}").status == 404


def test_what_is_exported_is_in_the_audit_log(server: Server):
    span = "period=custom&startDate=2026-01-01T00:00:00Z&endDate=2026-01-01T00:00:09.999Z"
    server.api("GET", f"/statistics/domain/{server.domain_id}/clicks?format=parquet&{span}")
    entry = server.api("GET", "/audit?limit=1").json["entries"][0]
    assert entry["event"] == "domain.clicks_exported"
    assert entry["details"] == {
        "format": "parquet",
        "from": "2026-01-01T00:00:00.000Z",
        "until": "2026-01-01T00:00:10.000Z",
    }


def test_the_command_line_writes_the_same_file_whether_the_server_runs_or_not(server: Server, tmp_path: Path):
    span = "period=custom&startDate=2026-01-03&endDate=2026-01-03T23:59:59.999Z"
    expected = server.api("GET", f"/statistics/domain/{server.domain_id}/clicks?{span}").body
    arguments = ("export", "clicks", "--domain", server.domain, "--from", "2026-01-03", "--to", "2026-01-03")
    server.run(*arguments, "--output", str(tmp_path / "running.csv"))
    server.stop()
    try:
        server.run(*arguments, "--output", str(tmp_path / "stopped.csv"))
        (tmp_path / "piped.csv").write_text(server.run(*arguments, "--output", "-").stdout, newline="")
    finally:
        server.start()
    assert len(expected.splitlines()) == CLICKS - 2 * 86_400 + 1
    assert (tmp_path / "running.csv").read_bytes() == expected
    assert (tmp_path / "stopped.csv").read_bytes() == expected
    assert (tmp_path / "piped.csv").read_text() == expected.decode().replace("\r\n", "\n")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["piped.csv", "running.csv", "stopped.csv"]
