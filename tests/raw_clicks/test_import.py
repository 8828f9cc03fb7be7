"""Files of clicks into an installation, from the command line."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server, running_server
from tests.support.stored import totals

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}
    with running_server(tmp_path_factory.mktemp("import") / "linnet", workers=1, settings=settings) as running:
        yield running


def linnet(server: Server, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "linnet", *arguments]
    return subprocess.run(command, env=server.environment, capture_output=True, text=True, check=False)


def imported(server: Server, file: Path, *arguments: str) -> dict[str, Any]:
    """What ``linnet import clicks`` tells, which must succeed."""
    done = linnet(server, "import", "clicks", str(file), "--domain", server.domain, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def answers(server: Server, link: str) -> list[Any]:
    """What is told of the domain and of a link, in several ways."""
    at = f"/statistics/domain/{server.domain_id}"
    asked = [server.api("GET", f"{at}?period=total&clicksChartInterval=day&tz=Asia/Kolkata")]
    asked.append(server.api("GET", f"/statistics/link/{link}?period=total&clicksChartInterval=hour"))
    asked += [
        server.api("POST", f"{at}/top", {"column": column, "period": "total"})
        for column in ("path", "country", "browser", "language", "bot", "st", "goal_completed")
    ]
    last = server.api("POST", f"{at}/last_clicks", {"period": "total", "limit": 1000})
    assert {each.status for each in (*asked, last)} == {200}
    # Clicks of one moment come in any order.
    return [*(each.json for each in asked), sorted(last.json, key=str)]


def visit(server: Server) -> tuple[str, int]:
    """Visits of all kinds; a link's id, and how many there were."""
    link = server.create("spring")
    server.create("other")
    server.api("POST", f"/domains/settings/{server.domain_id}", {"enableConversionTracking": True})
    for number in range(40):
        headers = {"X_Forwarded_For": f"81.2.69.{number}", "Accept_Language": ["de", "fr-CH"][number % 2]}
        agent = CHROME if number % 3 else "curl/8.0"
        path = ["/spring", "/other", "/nowhere", "/Spring?utm_source=%3D1%2B1&n=2"][number % 4]
        answer = server.visit(path, User_Agent=agent, Referer="https://news.example/a?b=c", **headers)
        if answer.location and "clid=" in answer.location and number % 8 == 0:
            click_id = answer.location.partition("clid=")[2].partition("&")[0]
            server.visit(f"/.shortio/conversion?clid={click_id}&c=signup&v=2.5", User_Agent=agent)
    server.wait(lambda: server.domain_clicks() == 40, "the clicks")
    time.sleep(1)
    return link["idString"], 40


def test_what_was_exported_and_cleared_comes_back_as_it_was(server: Server, tmp_path: Path):
    link, count = visit(server)
    before = answers(server, link)
    assert before[-2], "conversions were tracked"
    for kind in ("csv", "ndjson", "parquet"):
        file = tmp_path / f"clicks.{kind}"
        server.run("export", "clicks", "--domain", server.domain, "--format", kind, "--output", str(file))
        assert server.api("DELETE", f"/statistics/domain/{server.domain_id}/statistics").status == 200
        assert server.domain_clicks() == 0
        refused = linnet(server, "import", "clicks", str(file), "--domain", server.domain)
        assert refused.returncode == 1
        assert "--even-cleared" in refused.stderr
        assert "Nothing was imported" in refused.stdout
        assert imported(server, file, "--even-cleared", "--dry-run")["clicks"] == count
        assert server.domain_clicks() == 0
        told = imported(server, file, "--even-cleared")
        assert (told["clicks"], told["bad"], told["unknownColumns"]) == (count, 0, [])
        assert imported(server, file, "--even-cleared")["importedBefore"] == count
        assert answers(server, link) == before
        assert linnet(server, "stats", "verify").returncode == 0
    entry = server.api("GET", "/audit?limit=1").json["entries"][0]
    assert (entry["event"], entry["details"]["source"]) == ("domain.clicks_imported", "clicks.parquet")


def test_bad_rows_are_told_before_anything_is_imported(server: Server, tmp_path: Path):
    file = tmp_path / "old.csv"
    file.write_text("clicked_at,path,country,mood\n2020-01-01T00:00:00Z,/spring,DE,good\nyesterday,/spring,DE,bad\n")
    # After the clearings of the other test, which would refuse both rows.
    server.api("POST", "/domains", {"hostname": "second.localhost"})
    refused = linnet(server, "import", "clicks", str(file), "--domain", "second.localhost")
    assert refused.returncode == 1
    assert "line 3: clicked_at must be a date" in refused.stderr
    assert "mood" in refused.stderr
    done = linnet(server, "import", "clicks", str(file), "--domain", "second.localhost", "--skip-bad", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["clicks"], told["bad"], told["badFields"]) == (0, 1, 1, {"clicked_at": 1})
    for arguments in (("--domain", "nobody.localhost"), ("--domain", server.domain, "--link", "nothing")):
        assert linnet(server, "import", "clicks", str(file), *arguments).returncode == 1
    assert linnet(server, "import", "clicks", str(tmp_path / "gone.csv"), "--domain", server.domain).returncode == 1


@pytest.mark.parametrize("served", [True, False], ids=["beside a server", "without a server"])
def test_an_import_that_is_killed_again_and_again_counts_every_row_once(tmp_path: Path, served: bool):
    # More than three attempts of that length bring in, also on a fast machine.
    count = 45_000
    file = tmp_path / "many.csv"
    lines = (f'{1_700_000_000_000 + n * 997},/p{n % 50},"{CHROME}",?n={n}' for n in range(count))
    file.write_text("\n".join(["clicked_at,path,user_agent,query", *lines]) + "\n")
    server = Server(tmp_path / "linnet", workers=1)
    if served:
        server.start()
    try:
        command = [sys.executable, "-m", "linnet", "import", "clicks", str(file), "--domain", server.domain, "--skip-bad"]
        killed, chance = 0, random.Random(3)
        while True:
            running = subprocess.Popen(command, env=server.environment, stdout=subprocess.PIPE, text=True)
            try:
                running.wait(chance.uniform(0.8, 1.5) if killed < 3 else 240)
                break
            except subprocess.TimeoutExpired:
                killed += 1
                if served and killed == 2:
                    server.kill("clicks")
                    running.wait(60)
                running.kill()
                running.wait()
                server.wait(lambda: not served or server.answers_questions(), "the clicks worker")
        assert running.returncode == 0
        assert killed >= 2
        # Once more changes nothing.
        server.run(*command[3:])
        assert server.run("stats", "verify").returncode == 0
    finally:
        server.stop()
    assert totals(server.directory)["clicks"] == count
