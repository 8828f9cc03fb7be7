"""Wrong sums are found and mended by commands while the server takes clicks in."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.support.load import Load
from tests.support.server import running_server
from tests.support.stored import totals


def test_sums_are_mended_while_serving(tmp_path: Path):
    with running_server(tmp_path / "linnet") as server:
        link = server.create("mended")
        for _ in range(5):
            assert server.visit("/mended").status == 302
        server.wait(server.answers_questions, "an answer about statistics")
        server.wait(lambda: server.domain_clicks() == 5, "five clicks in the statistics")
        server.stop()
        with duckdb.connect(str(server.directory / "clicks.duckdb")) as connection:
            connection.execute("UPDATE rollup_links SET clicks = clicks + 7")
            connection.execute("DELETE FROM rollup_quarters")
        server.start()
        server.wait(server.answers_questions, "an answer about statistics")
        with Load(server, ["/mended"], visitors=2, pause_seconds=0.02).running() as outcomes:
            told = ended(server.environment, "verify", "--json")
            assert told.returncode == 1, told.stderr
            shown = json.loads(told.stdout)["shown"]
            wrong = {each["table"]: each["stored"]["clicks"] - each["right"]["clicks"] for each in shown}
            assert wrong == {"rollup_links": 7, "rollup_quarters": -5}
            assert ended(server.environment, "rebuild", "--reclassify").returncode == 0
            told = ended(server.environment, "verify", "--json")
            assert (told.returncode, json.loads(told.stdout)["differences"]) == (0, 0)
        assert outcomes.wrong == {}
        visits = 5 + len(outcomes.answered)
        server.wait(lambda: server.domain_clicks() == visits, f"{visits} clicks in the statistics")
        assert server.link_clicks(link["idString"]) == visits
    assert set(totals(tmp_path / "linnet").values()) == {visits}


def ended(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "linnet", "stats", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
