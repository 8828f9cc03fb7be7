"""The README's first link, done as a reader would do it."""

import json
import re
import subprocess
from pathlib import Path

from tests.support.official import HOME, require_client
from tests.support.server import Server

README = (Path(__file__).parents[2] / "README.md").read_text()


def blocks(language: str, server: Server) -> list[str]:
    """The README's code in a language, with this server's address, key and domain in place of a reader's."""
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [
        block.replace("localhost:8000", f"localhost:{server.port}")
        .replace("sk_YOUR_KEY", server.secret_key)
        .replace("statistics/domain/1?", f"statistics/domain/{server.domain_id}?")
        for block in found
    ]


def run(*command: str, given: str) -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, cwd=HOME, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_curl_commands_make_a_link_follow_it_and_read_its_click(server: Server):
    makes_and_follows, reads = [block for block in blocks("sh", server) if "curl" in block]
    shown = run("sh", "-e", given=makes_and_follows)
    assert f'"shortURL":"http://{server.host}/hello"' in shown
    assert "302 Found" in shown
    assert "Location: https://example.com/" in shown
    server.wait(lambda: json.loads(run("sh", "-e", given=reads))["clicks"] > 0, "the click in the statistics", seconds=5)


def test_the_official_clients_example_prints_a_short_url(server: Server):
    require_client()
    (script,) = blocks("js", server)
    assert run("node", "--input-type=module", given=script).startswith(f"http://{server.host}/")
