"""What an OpenID Connect provider says of itself: its discovery document and its keys, remembered for an hour."""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import structlog

from linnet.model.errors import ProviderFailed

_MAX_BYTES: Final = 512 * 1024
_TIMEOUT_SECONDS: Final = 10.0
_REMEMBERED_SECONDS: Final = 3600.0
# A made-up key id must not make us ask the provider each time.
_RENEW_EVERY_SECONDS: Final = 30.0
_log = structlog.get_logger("linnet.openid")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The part of a discovery document that is used (OpenID Connect Discovery, 3). ``takes_basic``: whether the token endpoint
    takes the secret in the Authorization header."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    takes_basic: bool


class ProviderMetadata:
    """The metadata and keys of an issuer, fetched when first asked for; each raises ProviderFailed when that fails."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, Any] | None = None

    def get(self) -> Metadata:
        """The metadata, at most an hour old."""
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > _REMEMBERED_SECONDS:
                self._metadata = (time.monotonic(), self._discovered())
            return self._metadata[1]

    def keys(self) -> Any:
        """The provider's keys, at most an hour old."""
        metadata = self.get()
        with self._lock:
            if self._keys is None or time.monotonic() - self._keys[0] > _REMEMBERED_SECONDS:
                self._keys = (time.monotonic(), _key_set(ask("GET", metadata.jwks_uri)))
            return self._keys[1]

    def renew_keys(self) -> bool:
        """Have the keys fetched anew when they are next asked for; False when they were fetched just now."""
        with self._lock:
            if self._keys is None or time.monotonic() - self._keys[0] < _RENEW_EVERY_SECONDS:
                return False
            self._keys = None
            return True

    def _discovered(self) -> Metadata:
        found = ask("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:
            _log.error("openid.other_issuer", setting=self._issuer, found=str(found.get("issuer"))[:300])
            raise ProviderFailed("The sign-in provider calls itself otherwise than LINNET_OIDC_ISSUER says.")
        endpoints = [found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if not all(isinstance(each, str) and is_safe_address(each) for each in endpoints):
            raise ProviderFailed("The sign-in provider's discovery document lacks an https:// address that is needed.")
        about = found.get("userinfo_endpoint")
        methods = found.get("token_endpoint_auth_methods_supported")
        return Metadata(
            authorization_endpoint=str(endpoints[0]),
            token_endpoint=str(endpoints[1]),
            jwks_uri=str(endpoints[2]),
            userinfo_endpoint=about if isinstance(about, str) and is_safe_address(about) else "",
            takes_basic=not isinstance(methods, list) or "client_secret_basic" in methods,
        )


def read_issuer(text: str) -> str:
    """The issuer in a setting; ValueError when what it answers could be changed on the way."""
    if text and not is_safe_address(text):
        raise ValueError("must be an https:// address, or an http:// one of this machine")
    return text


def is_safe_address(address: str) -> bool:
    """Whether nobody on the way can change what an address answers: https, or http on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    here = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and here))


def ask(
    method: str,
    address: str,
    *,
    headers: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    basic: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object that the provider answers; ProviderFailed when it does not. Bounded in bytes and time; redirects are not
    followed, because secrets are sent."""
    auth = tuple(quote(each, safe="") for each in basic) if basic is not None else None
    ends_at = time.monotonic() + _TIMEOUT_SECONDS
    body = b""
    try:
        with (
            httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream(
                method,
                address,
                headers={"Accept": "application/json", **(headers or {})},
                data=form,
                auth=(auth[0], auth[1]) if auth is not None else None,
            ) as response,
        ):
            for part in response.iter_bytes():
                body += part
                if len(body) > _MAX_BYTES or time.monotonic() > ends_at:
                    raise ProviderFailed("The sign-in provider's answer is too long, or takes too long.")
            status = response.status_code
        found = json.loads(body) if status == 200 else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        _log.warning("openid.unreachable", host=urlsplit(address).hostname, error=type(error).__name__)
        raise ProviderFailed("The sign-in provider does not answer as it should. Please try again later.") from None
    if not isinstance(found, dict):
        _log.warning("openid.refused", host=urlsplit(address).hostname, status=status)
        raise ProviderFailed("The sign-in provider refused. Please try again.")
    return found


def _key_set(found: dict[str, Any]) -> Any:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    usable = [each for each in found.get("keys", ()) if isinstance(each, dict) and each.get("kty") in ("RSA", "EC", "OKP")]
    try:
        return KeySet.import_key_set({"keys": usable[:50]})
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderFailed("The sign-in provider's keys cannot be read.") from None
