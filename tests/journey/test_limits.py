"""The official client waits as our limits tell it to."""

import json
import subprocess
from collections import Counter
from pathlib import Path

from tests.support.official import HOME, require_client
from tests.support.server import running_server

# Three windows of fifty: the client comes back up to three times.
LINKS = 150


def test_more_links_than_a_window_takes_are_all_made_by_waiting(tmp_path: Path):
    require_client()
    with running_server(tmp_path / "linnet", settings={"LINNET_RATE_LIMITS": "default"}) as server:
        command = ["node", str(HOME / "limited.mjs"), server.base_url, server.secret_key, server.domain, str(LINKS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HOME, timeout=120)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
    assert Counter(told["statuses"]) == {200: LINKS}
    assert len(set(told["ids"])) == LINKS
    assert told["waits"], "the client was never told to wait"
    assert {wait["retryAfter"] for wait in told["waits"]} == {1}
    assert {(wait["rateLimitLimit"], wait["rateLimitRemaining"]) for wait in told["waits"]} == {(50, 0)}
    assert all(wait["rateLimitReset"] > 1_700_000_000 for wait in told["waits"])
