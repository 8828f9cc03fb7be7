"""The command line and the life of the process, as scripts and service managers use them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.support.server import DOMAIN, EMAIL, PASSWORD, NewServer, Server, free_port, running_server
from tests.support.wire import get


def linnet(server: Server, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "linnet", *arguments], env=server.environment, capture_output=True, text=True, check=False
    )


def test_a_second_init_is_refused_with_a_clear_message(server: Server):
    again = linnet(server, "init", "--json", "--email", EMAIL, "--password", PASSWORD, "--domain", DOMAIN)
    assert again.returncode == 1
    assert "owner" in again.stderr
    assert again.stdout == ""


def test_keys_are_created_listed_and_revoked_while_the_server_runs(server: Server):
    made = json.loads(linnet(server, "key", "create", "--description", "for a script", "--json").stdout)
    assert server.api("GET", "/api/domains", key=made["key"]).status == 200
    listed = json.loads(linnet(server, "key", "list", "--json").stdout)
    assert made["id"] in [key["id"] for key in listed]
    assert all("key" not in key for key in listed)
    assert linnet(server, "key", "revoke", str(made["id"])).returncode == 0
    server.wait(lambda: server.api("GET", "/api/domains", key=made["key"]).status == 401, "the key to end", seconds=10)


def test_migrate_has_nothing_to_do_on_a_fresh_installation(server: Server):
    assert linnet(server, "migrate").returncode == 0


def test_health_says_alive_and_ready(server: Server):
    assert server.request("GET", "/health/live").status == 200
    assert server.request("GET", "/health/ready").status == 200


def test_metrics_count_redirects_and_stored_clicks(server: Server):
    server.create("measured")
    name, labels = "linnet_redirects_total", 'status="302"'
    before, stored = server.metric(name, labels), server.metric("linnet_clicks_stored_total")
    for _ in range(5):
        server.visit("/measured")
    server.wait(lambda: server.metric(name, labels) >= before + 5, "the metric of redirects", seconds=5)
    server.wait(lambda: server.metric("linnet_clicks_stored_total") >= stored + 5, "the metric of stored clicks", seconds=5)
    assert server.metric("linnet_clicks_dropped_total", 'reason="journal_full"') == 0
    names = {name for name, _ in server.metrics()}
    assert {"linnet_journal_lag_bytes", "linnet_ingest_lag_seconds", "linnet_routes"} <= names


def test_a_second_server_on_the_same_directory_or_port_is_refused(server: Server, tmp_path: Path):
    same_directory = linnet(server, "serve", "--port", str(free_port()))
    assert same_directory.returncode == 1
    assert str(server.directory) in same_directory.stderr
    same_port = linnet(server, "serve", "--data-dir", str(tmp_path / "other"), "--port", str(server.port))
    assert same_port.returncode == 1
    assert str(server.port) in same_port.stderr


def test_the_first_start_of_an_empty_directory_says_where_to_begin(tmp_path: Path):
    server = NewServer(tmp_path / "new", workers=1)
    server.start()
    try:
        assert f"http://localhost:{server.port}/welcome" in server.welcome_url
        assert server.request("GET", "/").location == "/sign-in?back=%2F"
        assert server.request("GET", "/sign-in").location == "/welcome"
        assert server.request("GET", "/welcome").status == 401
        answer = server.request("GET", server.welcome_url.partition(str(server.port))[2])
        assert answer.status == 200
        assert b"Welcome to Linnet" in answer.body
        first = server.welcome_url
        server.stop()
        server.start()
        assert server.welcome_url == first
        server.run("init", "--email", "owner@example.com", "--password", PASSWORD, "--domain", "go.localhost")
        assert server.request("GET", first.partition(str(server.port))[2]).location == "/sign-in"
    finally:
        server.stop()


def test_sigterm_drains_and_loses_no_click(tmp_path: Path):
    with running_server(tmp_path / "linnet") as server:
        link = server.create("drained")
        for _ in range(20):
            server.visit("/drained")
        assert server.stop() == 0
        assert not list((server.directory / "run").glob("*.pid"))
        server.start()
        server.wait(lambda: server.link_clicks(link["idString"]) == 20, "the clicks from before the restart", seconds=5)


def test_sighup_replaces_the_workers_without_a_refused_connection(tmp_path: Path):
    with running_server(tmp_path / "linnet") as server:
        server.create("renewed")
        former = {name: server.pid(name) for name in ("web-0", "web-1")}
        supervisor = int((server.directory / "run" / "supervisor.pid").read_text())
        os.kill(supervisor, signal.SIGHUP)

        def renewed() -> bool:
            assert server.visit("/renewed").status == 302
            return all(server.pid(name) not in (None, number) for name, number in former.items())

        server.wait(renewed, "new web workers", seconds=40)
        server.wait(lambda: server.request("GET", "/health/ready").status == 200, "readiness")


def test_an_idle_connection_is_closed_after_a_while(tmp_path: Path):
    with running_server(tmp_path / "linnet", workers=1, settings={"LINNET_KEEP_ALIVE_SECONDS": "1"}) as server:
        server.create("idle")
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(get("/idle", server.host))
            assert connection.recv(65536).startswith(b"HTTP/1.1 302")
            began = time.monotonic()
            assert connection.recv(1) == b""
            assert 0.5 < time.monotonic() - began < 5
