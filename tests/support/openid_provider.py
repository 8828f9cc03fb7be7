"""An OpenID Connect provider on a loopback port: it signs whoever comes in at once, and lies where a test tells it to."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT_ID = "linnet"
CLIENT_SECRET = "s3cret/+ %"


@dataclass
class Provider:
    """``person`` are the claims of who signs in; ``lies`` replace claims of the ID token (None: leave one out), and ``key``
    signs it instead of the published one. ``methods`` are what the token endpoint takes."""

    port: int = 0
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "ann-1", "email": "ann@example.com", "email_verified": True, "name": "Ann"}
    )
    lies: dict[str, Any] = field(default_factory=dict)
    key: RSAKey | ECKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    published: list[RSAKey | ECKey] = field(default_factory=list)
    algorithm: str = "RS256"
    methods: list[str] = field(default_factory=lambda: ["client_secret_basic"])
    metadata: dict[str, Any] = field(default_factory=dict)
    in_userinfo: tuple[str, ...] = ()
    userinfo_subject: str | None = None
    unsigned: bool = False
    refuses: bool = False
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    def discovery(self) -> dict[str, Any]:
        base = f"http://127.0.0.1:{self.port}"
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "userinfo_endpoint": f"{base}/userinfo",
            "token_endpoint_auth_methods_supported": self.methods,
        } | self.metadata

    def authorize(self, address: str) -> str:
        """Where a browser that comes to ``address`` is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, fields: dict[str, str], authorization: str | None) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(fields.get("code", ""), None)
        challenge = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
            or fields.get("redirect_uri") != asked["redirect_uri"]
            or self._client(fields, authorization) != (CLIENT_ID, CLIENT_SECRET)
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]} | self.person
        claims = {name: value for name, value in (claims | self.lies).items() if value is not None}
        claims = {name: value for name, value in claims.items() if name not in self.in_userinfo}
        header = {"alg": self.algorithm, "kid": self.key.kid or ""}
        id_token = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        if self.unsigned:
            none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
            id_token = f"{none}.{id_token.split('.')[1]}."
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": id_token}

    def keys(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self.published or [self.key]]}

    def userinfo(self) -> dict[str, Any]:
        return self.person | ({"sub": self.userinfo_subject} if self.userinfo_subject else {})

    def _client(self, fields: dict[str, str], authorization: str | None) -> tuple[str, str]:
        if "client_secret_basic" in self.methods:
            user, _, password = base64.b64decode((authorization or "").removeprefix("Basic ")).decode().partition(":")
            return unquote(user), unquote(password)
        return fields.get("client_id", ""), fields.get("client_secret", "")


@contextmanager
def openid_provider() -> Iterator[Provider]:
    """A running provider."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            if path == "/realm/.well-known/openid-configuration":
                self._answer(200, provider.discovery())
            elif path == "/keys":
                self._answer(200, provider.keys())
            elif path == "/userinfo" and self.headers["Authorization"] == "Bearer access":
                self._answer(200, provider.userinfo())
            elif path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(self.path))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token(fields, self.headers["Authorization"]))

        def _answer(self, status: int, value: dict[str, Any]) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def another_key(kid: str = "first") -> RSAKey:
    """A key that no provider published."""
    return RSAKey.generate_key(2048, {"kid": kid})
