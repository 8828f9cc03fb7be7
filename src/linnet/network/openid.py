"""Signing in at an OpenID Connect provider: the authorization code flow with PKCE, state and nonce, and a verified ID token.

The provider is the administrator's choice, so that it may be in a private network, and what its discovery document names is
asked. Authlib and joserfc are loaded when somebody first comes.
"""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any, Final

import structlog

from linnet.model.errors import ProviderFailed
from linnet.network.openid_metadata import Metadata, ProviderMetadata, ask

# Signatures that only the provider can make: no secret of ours, and never none.
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_LEEWAY_SECONDS: Final = 60
_MAX_TEXT: Final = 255
# Methods that are more than one factor by themselves, or say so (RFC 8176).
_SECOND_FACTORS: Final = frozenset({"mfa"})
_log = structlog.get_logger("linnet.openid")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenidClient:
    """What this installation is at its provider; ``name`` is what people call the provider."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser keeps while it is at the provider, so that only its own answer counts."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Who came back. ``second_factor``: the provider says that more than one factor was asked for."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    second_factor: bool


class OpenidProvider:
    """The provider of an installation; ``redirect_uri`` is where it sends people back to."""

    def __init__(self, client: OpenidClient, redirect_uri: str, *, now: Callable[[], float] = time.time) -> None:
        self.name = client.name
        self._client = client
        self._redirect_uri = redirect_uri
        self._now = now
        self._metadata = ProviderMetadata(client.issuer)

    def begin(self) -> tuple[str, Attempt]:
        """Where to send a browser, and what it has to keep. ProviderFailed when the provider cannot be asked."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        attempt = Attempt(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48))
        address: str = prepare_grant_uri(
            self._metadata.get().authorization_endpoint,
            self._client.client_id,
            "code",
            redirect_uri=self._redirect_uri,
            scope="openid email profile",
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return address, attempt

    def finish(self, attempt: Attempt, *, state: str, code: str, issuer: str | None = None) -> Claims:
        """Who came back with this ``state`` and ``code`` (and ``iss``, RFC 9207, where the provider sends it). ProviderFailed
        when anything about it is not as it should be."""
        if not hmac.compare_digest(state.encode("utf-8", "replace"), attempt.state.encode()):
            raise ProviderFailed("This answer does not belong to a sign-in that began in this browser. Please try again.")
        if issuer not in (None, self._client.issuer) or not 0 < len(code) <= 4096:
            raise self._unbelievable("another issuer, or no code")
        metadata = self._metadata.get()
        tokens = self._exchange(metadata, code, attempt.verifier)
        claims = self._verified(tokens, attempt.nonce)
        if "email" not in claims and metadata.userinfo_endpoint:
            more = ask("GET", metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {tokens.get('access_token', '')}"})
            # Answers about somebody else are not to be mixed in (OpenID Connect Core, 5.3.2).
            claims = {**more, **claims} if more.get("sub") == claims["sub"] else claims
        return self._claims(claims)

    def _exchange(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        if metadata.takes_basic:
            return ask("POST", metadata.token_endpoint, form=fields, basic=(self._client.client_id, self._client.client_secret))
        own = {"client_id": self._client.client_id, "client_secret": self._client.client_secret}
        return ask("POST", metadata.token_endpoint, form=fields | own)

    def _verified(self, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise self._unbelievable("no ID token")
        try:
            read = self._decoded(id_token)
            options = {
                "iss": {"essential": True, "value": self._client.issuer},
                "aud": {"essential": True, "value": self._client.client_id},
            }
            params = {"nonce": nonce, "client_id": self._client.client_id, "access_token": tokens.get("access_token")}
            checked = CodeIDToken(read.claims, read.header, options, params)
            checked.validate(now=int(self._now()), leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._unbelievable(type(error).__name__ + f" {getattr(error, 'description', '')}"[:200]) from None
        claims: dict[str, Any] = dict(read.claims)
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= _MAX_TEXT:
            raise self._unbelievable("no subject")
        return claims

    def _decoded(self, id_token: str) -> Any:
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            return jwt.decode(id_token, self._metadata.keys(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have other keys since they were fetched.
            if not self._metadata.renew_keys():
                raise
        return jwt.decode(id_token, self._metadata.keys(), algorithms=_ALGORITHMS)

    def _claims(self, claims: dict[str, Any]) -> Claims:
        methods = claims.get("amr")
        return Claims(
            issuer=self._client.issuer,
            subject=claims["sub"],
            email=_text(claims.get("email")),
            # Some providers send the word in place of JSON's true; nothing else counts.
            email_verified=claims.get("email_verified") is True or claims.get("email_verified") == "true",
            name=_text(claims.get("name")),
            second_factor=isinstance(methods, list) and any(each in _SECOND_FACTORS for each in methods),
        )

    def _unbelievable(self, reason: str) -> ProviderFailed:
        _log.warning("openid.refused", issuer=self._client.issuer, reason=reason)
        return ProviderFailed(f"What {self.name} answered cannot be believed, so nobody was signed in. Please try again.")


def _text(value: Any) -> str:
    return value.strip()[:_MAX_TEXT] if isinstance(value, str) else ""
