"""Fetching what strangers name, from servers of our own on addresses that are private by nature."""

import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from linnet.model.errors import Unfetchable
from linnet.network.fetch import Fetched, FetchOptions, fetch
from tests.network.sites import respond, site
from tests.support.needs import program

OPEN = FetchOptions(allowed_networks=(ip_network("127.0.0.1/32"),), total_seconds=5)
Resolver = Callable[..., list[tuple[Any, ...]]]


def get(url: str, options: FetchOptions = OPEN, *, max_bytes: int = 1000) -> Fetched:
    return fetch(url, options, max_bytes=max_bytes, media_types={"image/png", "image/gif"}, name="logoUrl")


def refused(url: str, options: FetchOptions = OPEN, **bounds: int) -> str:
    with pytest.raises(Unfetchable) as refusal:
        get(url, options, **bounds)
    assert refusal.value.field == "logoUrl"
    assert refusal.value.message.startswith("logoUrl ")
    return refusal.value.message


def answers(monkeypatch: pytest.MonkeyPatch, **names: list[list[str]]) -> list[str]:
    """Have names lead to addresses: each look-up of one takes its next list, and the last one stays. Returns what was asked."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        name = str(host).replace(".", "_")
        if name not in names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        asked.append(str(host))
        found = names[name].pop(0) if len(names[name]) > 1 else names[name][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_private_address_is_not_fetched_from_unless_it_is_allowed():
    with site(respond) as server:
        assert "not public" in refused(server.url(), FetchOptions())
        assert server.seen == []
        assert get(server.url("/logo.png")) == Fetched(server.url("/logo.png"), "image/png", b"pixels")


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "0", "127.0.0.1."]
)
def test_no_spelling_of_the_loopback_is_fetched_from(host: str):
    with site(respond) as server:
        assert refused(server.url(host=host), FetchOptions(ports=frozenset({server.port})))
        assert server.seen == []


def test_an_allowed_network_opens_no_other():
    with site(respond, address="127.0.0.2") as server:
        assert "not public" in refused(server.url(host="127.0.0.2"))
        assert server.seen == []


def test_a_request_says_who_asks_and_nothing_else():
    with site(respond) as server:
        get(server.url("/a?b=c#d"))
        assert server.seen == [
            {
                "host": f"127.0.0.1:{server.port}",
                "user-agent": OPEN.user_agent,
                "accept": "image/gif, image/png",
                "accept-encoding": "identity",
                "connection": "keep-alive",
            }
        ]


def test_a_name_is_resolved_once_and_the_connection_goes_there(monkeypatch: pytest.MonkeyPatch):
    # What a rebinding name server does: a harmless answer for the check, another one for the connection.
    with site(respond) as harmless, site(respond, address="127.0.0.2") as secret:
        asked = answers(monkeypatch, rebinds_example=[["127.0.0.1"], ["127.0.0.2"]])
        assert get(harmless.url(host="rebinds.example")).body == b"pixels"
        assert asked == ["rebinds.example"]
        assert [sent["host"] for sent in harmless.seen] == [f"rebinds.example:{harmless.port}"]
        assert secret.seen == []


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch):
    with site(respond) as server:
        answers(monkeypatch, two_example=[["127.0.0.1", "127.0.0.2"]])
        assert "not public" in refused(server.url(host="two.example"))
        assert server.seen == []


def test_the_next_address_is_tried_when_one_takes_no_connection(monkeypatch: pytest.MonkeyPatch):
    both = FetchOptions(allowed_networks=(ip_network("127.0.0.0/8"),), total_seconds=5)
    with site(respond) as server:
        answers(monkeypatch, two_example=[["127.0.0.9", "127.0.0.1"]])
        assert get(server.url(host="two.example"), both).body == b"pixels"


def test_a_redirect_is_followed_and_checked_like_the_first_address():
    def redirects(handler: BaseHTTPRequestHandler) -> None:
        targets = {"/far": f"http://127.0.0.2:{port}/", "/near": "there.gif", "/ftp": "ftp://127.0.0.1/", "/none": ""}
        if handler.path in targets:
            respond(handler, status=302, Location=targets[handler.path], Set_Cookie="a=b")
        else:
            respond(handler, kind="IMAGE/GIF; charset=x")

    with site(respond, address="127.0.0.2") as secret, site(redirects) as server:
        port = secret.port
        assert get(server.url("/near")) == Fetched(server.url("/there.gif"), "image/gif", b"pixels", "x")
        assert all("cookie" not in sent for sent in server.seen)
        assert "not public" in refused(server.url("/far"))
        assert secret.seen == []
        assert "http://" in refused(server.url("/ftp"))
        assert refused(server.url("/none"))


def test_three_redirects_are_followed_and_no_more():
    def count_down(handler: BaseHTTPRequestHandler) -> None:
        left = int(handler.path[1:])
        respond(handler, status=307, Location=f"/{left - 1}") if left else respond(handler)

    with site(count_down) as server:
        assert get(server.url("/3")).body == b"pixels"
        assert "more than 3 times" in refused(server.url("/4"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/logo.png",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "logo.png",
        "",
        "http://",
        "http://[::1",
        "http://user:secret@127.0.0.1/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://exa mple/",
        "http://" + "a" * 300 + ".example/",
        "http://\u0000/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str):
    message = refused(url)
    assert "secret" not in message


def test_public_hosts_are_only_asked_on_the_webs_ports(monkeypatch: pytest.MonkeyPatch):
    answers(monkeypatch, public_example=[["93.184.216.34"]])
    assert "ports 80, 443" in refused("http://public.example:25/", OPEN)


def test_a_body_over_its_bound_is_refused_declared_or_not():
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/png")
        handler.end_headers()
        for _ in range(100_000):
            handler.wfile.write(bytes(10_000))

    with site(endless) as server:
        assert "larger than 1,000 bytes" in refused(server.url())
    with site(lambda handler: respond(handler, bytes(1001))) as server:
        assert "larger than 1,000 bytes" in refused(server.url())
    with site(lambda handler: respond(handler, bytes(1000))) as server:
        assert get(server.url()).body == bytes(1000)


@pytest.mark.parametrize("part", ["headers", "body", "nothing"])
def test_a_server_that_drips_is_left_in_time(part: str):
    def drip(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.send_header("Content-Type", "image/png")
            handler.end_headers()
        for _ in range(40):
            if part != "nothing":
                handler.wfile.write(b"H" if part == "headers" else b"x")
            time.sleep(0.1)

    with site(drip) as server:
        began = time.monotonic()
        assert "within 0.6 seconds" in refused(
            server.url(), FetchOptions(allowed_networks=OPEN.allowed_networks, total_seconds=0.6)
        )
        assert time.monotonic() - began < 3


def test_a_name_server_that_does_not_answer_is_left_in_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2))
    began = time.monotonic()
    assert "within 0.3 seconds" in refused("http://slow.example/", FetchOptions(total_seconds=0.3))
    assert time.monotonic() - began < 1.5


def test_other_types_statuses_and_encodings_are_refused():
    with site(lambda handler: respond(handler, kind="text/html")) as server:
        assert "'text/html'" in refused(server.url())
    with site(lambda handler: respond(handler, status=404)) as server:
        assert "status 404" in refused(server.url())
    with site(lambda handler: respond(handler, Content_Encoding="gzip")) as server:
        assert "compressed" in refused(server.url())


def test_an_answer_that_is_no_http_or_breaks_off_is_refused():
    with site(lambda handler: handler.wfile.write(b"SSH-2.0-server\r\n")) as server:
        assert "could not be fetched" in refused(server.url())

    def breaks_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/png")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    with site(breaks_off) as server:
        assert "broke off" in refused(server.url())


def test_nobody_listening_is_a_refusal():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert "no connection" in refused(f"http://127.0.0.1:{unused.getsockname()[1]}/")


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch):
    with site(lambda handler: respond(handler, b"proxied")) as proxy, site(respond) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        assert get(server.url()).body == b"pixels"
        assert proxy.seen == []


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of ``logos.example``, and its key."""
    openssl = program("openssl")
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=logos.example", "-addext", "subjectAltName=DNS:logos.example"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-out", str(files[0]), "-keyout", str(files[1])], check=True, capture_output=True)
    return files


def test_certificates_are_checked_for_the_name_and_not_for_the_address(
    monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with site(respond, context=context) as server:
        answers(monkeypatch, logos_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
        assert "certificate" in refused(f"https://logos.example:{server.port}/")  # Nobody we trust signed it.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert get(f"https://logos.example:{server.port}/").body == b"pixels"
        assert "certificate" in refused(f"https://other.example:{server.port}/")
        assert names == ["logos.example", "logos.example", "other.example"]


def test_of_a_large_page_the_beginning_is_taken_where_that_will_do():
    def endless(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, b"0123456789" * 100_000, kind='text/html; version=1; Charset="UTF-8"')

    with site(endless) as server:
        found = fetch(server.url(), OPEN, max_bytes=15, media_types={"text/html"}, beginning=True)
        assert found == Fetched(server.url("/"), "text/html", b"012345678901234", "utf-8")
        with pytest.raises(Unfetchable, match="larger than 15 bytes"):
            fetch(server.url(), OPEN, max_bytes=15, media_types={"text/html"})
