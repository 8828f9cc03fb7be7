"""``linnet doctor`` on real installations."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from linnet.storage.database import Database
from tests.support.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = Server(tmp_path_factory.mktemp("doctor") / "linnet", workers=1)
    made.start()
    made.create("abc")
    yield made
    made.stop()


def examined(server: Server, **settings: str) -> tuple[int, dict[str, tuple[str, str]]]:
    command = [*server._command, "doctor", "--json"]
    done = subprocess.run(command, env=server.environment | settings, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["ok"] == (done.returncode == 0)
    return done.returncode, {each["check"]: (each["state"], each["text"]) for each in told["checks"]}


def test_a_running_server_is_well(server: Server):
    server.wait(lambda: examined(server)[1]["audit log"][1].startswith(("1 ", "2 ", "3 ", "4 ")), "the chain", step=0.5)
    code, found = examined(server)
    assert code == 0, found
    assert {name: state for name, (state, _) in found.items() if state != "ok" and name != "disk space"} == {}
    assert found["click store"][1] == "DuckDB answers."
    assert "mode 0600" in found["secrets"][1]
    text = server.run("doctor").stdout
    assert "ok       database        sqlite: reachable" in text


def test_a_stopped_server_is_looked_at_as_well_and_what_is_broken_is_named(tmp_path: Path):
    server = Server(tmp_path / "linnet", workers=1)
    server.start()
    for number in range(3):
        server.create(f"a{number}")
    server.visit("/a0")
    server.wait(lambda: server.counts(1), "the click")
    server.wait(lambda: (tmp_path / "linnet" / "audit.head").exists(), "the chain's end")
    server.stop()
    code, found = examined(server)
    assert code == 0, found
    assert found["click store"] == ("ok", "clicks.duckdb holds 1 clicks (no server runs).")
    (tmp_path / "linnet" / "secrets.json").chmod(0o644)
    with Database(server.database_url).connect(writing=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_stays")
        connection.exec_driver_sql("UPDATE audit SET user_id = 99 WHERE position = 2")
        connection.commit()
    (tmp_path / "linnet" / "clicks.duckdb").write_bytes(b"no database at all")
    code, found = examined(server, LINNET_JOURNAL_MAX_BYTES="1")
    assert code == 1
    assert {name for name, (state, _) in found.items() if state == "failed"} == {"secrets", "audit log", "click store"}
    assert "entry 2, at position 2, is not what it was" in found["audit log"][1]


def test_no_installation_and_no_database_are_told(tmp_path: Path):
    server = Server(tmp_path / "linnet")
    code, found = examined(server, LINNET_DATA_DIR=str(tmp_path / "nowhere"))
    assert (code, list(found)) == (1, ["data directory"])
    code, found = examined(server, LINNET_DATABASE_URL=f"sqlite:///{tmp_path / 'gone.db'}")
    assert code == 1
    assert {name for name, (state, _) in found.items() if state == "failed"} >= {"database", "audit log"}
    assert not (tmp_path / "gone.db").exists()
