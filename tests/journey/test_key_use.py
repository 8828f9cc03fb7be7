"""When a key was last used, as a whole server notes it."""

import json
from pathlib import Path
from typing import Any

from tests.support.server import Server, running_server


def last_used(server: Server) -> dict[str, Any]:
    return {key["prefix"]: key["lastUsedAt"] for key in json.loads(server.run("key", "list", "--json").stdout)}


def test_the_last_use_of_a_key_outlives_the_server(tmp_path: Path):
    with running_server(tmp_path / "linnet", workers=1) as server:
        assert set(last_used(server).values()) == {None}
        for _ in range(3):
            assert server.api("GET", "/api/domains").status == 200
        assert server.stop() == 0
        noted = last_used(server)
        assert noted[server.secret_key[:8]] is not None
        assert noted[server.public_key[:8]] is None


def test_no_key_is_in_the_log(tmp_path: Path):
    with running_server(tmp_path / "linnet", workers=1) as server:
        made = server.api("POST", "/api/keys", {"type": "secret", "description": "not to be told"}).json
        wrong = "sk_" + "w" * 43
        assert server.api("GET", "/api/domains", key=made["key"]).status == 200
        assert server.api("GET", "/api/domains", key=wrong).status == 401
        assert server.api("GET", f"/links/tweetbot?apiKey={wrong}&domain=x&originalURL=y").status in (401, 404)
        server.stop()
        written = server.log.read_text()
        assert not any(key in written for key in (made["key"], server.secret_key, server.public_key, wrong))
