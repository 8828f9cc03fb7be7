"""OpenID Connect with a real provider: the honest answer signs in, and every dishonest one is refused."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from linnet.model.errors import ProviderFailed
from linnet.network.openid import Attempt, Claims, OpenidClient, OpenidProvider
from linnet.network.openid_metadata import is_safe_address
from tests.support.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, another_key, openid_provider

BACK = "http://localhost:8000/sign-in/provider/back"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with openid_provider() as running:
        yield running


def client_of(provider: Provider, **fields: str) -> OpenidProvider:
    values = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name": "Keycloak"}
    return OpenidProvider(OpenidClient(**values | fields), BACK)


def there_and_back(provider: Provider, client: OpenidProvider) -> tuple[Attempt, dict[str, str]]:
    address, attempt = client.begin()
    back = provider.authorize(address)
    assert back.startswith(BACK)
    return attempt, {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


def sign_in(provider: Provider, client: OpenidProvider | None = None) -> Claims:
    client = client or client_of(provider)
    attempt, answer = there_and_back(provider, client)
    return client.finish(attempt, state=answer["state"], code=answer["code"])


def test_who_comes_back_is_known_by_the_verified_token(provider: Provider):
    expected = Claims(
        issuer=provider.issuer,
        subject="ann-1",
        email="ann@example.com",
        email_verified=True,
        name="Ann",
        second_factor=False,
    )
    assert sign_in(provider) == expected


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(provider: Provider):
    provider.methods = ["client_secret_post"]
    assert sign_in(provider).subject == "ann-1"


@pytest.mark.parametrize(
    ("methods", "second"), [(["pwd", "mfa"], True), (["pwd"], False), ("mfa", False), (None, False), ([], False)]
)
def test_a_second_factor_there_is_one_if_the_provider_says_so(provider: Provider, methods: Any, second: bool):
    provider.lies = {"amr": methods}
    if methods == "mfa":
        with pytest.raises(ProviderFailed):
            sign_in(provider)
    else:
        assert sign_in(provider).second_factor is second


def test_what_the_token_leaves_out_is_asked_for(provider: Provider):
    provider.in_userinfo = ("email", "email_verified", "name")
    assert sign_in(provider).email == "ann@example.com"
    assert "/userinfo" in provider.asked
    provider.userinfo_subject = "eve-2"
    assert sign_in(provider).email == ""


@pytest.mark.parametrize("value", [False, None, "false", 1, "yes", {}])
def test_an_address_is_verified_only_if_the_provider_says_true(provider: Provider, value: Any):
    provider.lies = {"email_verified": value}
    assert not sign_in(provider).email_verified


def test_an_address_is_verified_where_the_provider_writes_the_word(provider: Provider):
    provider.lies = {"email_verified": "true"}
    assert sign_in(provider).email_verified


LIES: dict[str, Callable[[Provider], None]] = {
    "another nonce": lambda provider: provider.lies.update(nonce="another"),
    "no nonce": lambda provider: provider.lies.update(nonce=None),
    "another audience": lambda provider: provider.lies.update(aud="somebody-else"),
    "two audiences, made for the other": lambda provider: provider.lies.update(aud=[CLIENT_ID, "other"], azp="other"),
    "no audience": lambda provider: provider.lies.update(aud=None),
    "another issuer": lambda provider: provider.lies.update(iss="https://evil.example"),
    "expired": lambda provider: provider.lies.update(exp=int(time.time()) - 120),
    "no end": lambda provider: provider.lies.update(exp=None),
    "no subject": lambda provider: provider.lies.update(sub=None),
    "an empty subject": lambda provider: provider.lies.update(sub=""),
    "a subject that is no text": lambda provider: provider.lies.update(sub=["ann-1"]),
    "a subject without end": lambda provider: provider.lies.update(sub="x" * 1000),
    "from the future": lambda provider: provider.lies.update(iat=int(time.time()) + 600, nbf=int(time.time()) + 600),
    "signed with another key": lambda provider: setattr(provider, "published", [another_key()]),
    "signed with an unknown key": lambda provider: setattr(provider, "published", [another_key("other")]),
    "not signed": lambda provider: setattr(provider, "unsigned", True),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_as_it_should_be_is_refused(provider: Provider, lie: str):
    LIES[lie](provider)
    with pytest.raises(ProviderFailed):
        sign_in(provider)


def test_a_token_signed_with_our_own_secret_is_refused(provider: Provider):
    from joserfc import jwt
    from joserfc.jwk import OctKey

    client = client_of(provider)
    attempt, answer = there_and_back(provider, client)
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": attempt.nonce, "sub": "eve"}
    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET * 4))
    provider.token = lambda fields, authorization: (200, {"id_token": forged, "access_token": "x"})  # type: ignore[method-assign]
    with pytest.raises(ProviderFailed):
        client.finish(attempt, state=answer["state"], code=answer["code"])


def test_an_answer_to_another_browser_is_refused(provider: Provider):
    client = client_of(provider)
    attempt, _ = there_and_back(provider, client)
    _, other = there_and_back(provider, client)
    for state in (other["state"], "", "é", "x" * 10_000):
        with pytest.raises(ProviderFailed, match="does not belong"):
            client.finish(attempt, state=state, code=other["code"])
    # A code that was stolen is of no use without the verifier of the browser that asked for it.
    with pytest.raises(ProviderFailed):
        client.finish(attempt, state=attempt.state, code=other["code"])


def test_a_code_is_taken_once(provider: Provider):
    client = client_of(provider)
    attempt, answer = there_and_back(provider, client)
    client.finish(attempt, state=answer["state"], code=answer["code"])
    for code in (answer["code"], "", "x" * 5000):
        with pytest.raises(ProviderFailed):
            client.finish(attempt, state=answer["state"], code=code)


def test_an_answer_of_another_issuer_is_refused(provider: Provider):
    client = client_of(provider)
    attempt, answer = there_and_back(provider, client)
    with pytest.raises(ProviderFailed):
        client.finish(attempt, state=answer["state"], code=answer["code"], issuer="https://evil.example")


def test_a_wrong_secret_is_refused(provider: Provider):
    with pytest.raises(ProviderFailed):
        sign_in(provider, client_of(provider, client_secret="wrong"))


def test_discovery_and_keys_are_fetched_once(provider: Provider):
    client = client_of(provider)
    for _ in range(3):
        sign_in(provider, client)
    assert provider.asked.count("/realm/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 1


def test_new_keys_of_the_provider_are_fetched(provider: Provider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.network.openid_metadata._RENEW_EVERY_SECONDS", 0.0)
    client = client_of(provider)
    sign_in(provider, client)
    provider.key, provider.algorithm = ECKey.generate_key("P-256", {"kid": "second"}), "ES256"
    assert sign_in(provider, client).subject == "ann-1"
    assert provider.asked.count("/keys") == 2


def test_unknown_keys_do_not_have_the_provider_asked_each_time(provider: Provider):
    client = client_of(provider)
    sign_in(provider, client)
    provider.published = [provider.key]
    provider.key = another_key("unknown")
    for _ in range(3):
        with pytest.raises(ProviderFailed):
            sign_in(provider, client)
    assert provider.asked.count("/keys") == 1


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": ["https://example.com"]},
    ],
)
def test_a_discovery_document_that_leads_elsewhere_is_refused(provider: Provider, metadata: dict[str, Any]):
    provider.metadata = metadata
    with pytest.raises(ProviderFailed):
        client_of(provider).begin()


def test_a_provider_that_is_away_is_a_refusal():
    with openid_provider() as gone:
        client = client_of(gone)
    with pytest.raises(ProviderFailed, match="does not answer"):
        client.begin()


def test_an_answer_without_end_is_cut_off(provider: Provider):
    provider.metadata = {"more": "x" * 600_000}
    with pytest.raises(ProviderFailed, match="too long"):
        client_of(provider).begin()


def test_addresses_are_safe_over_tls_or_on_this_machine():
    for safe in (
        "https://accounts.example.com",
        "http://localhost:8080/realms/x",
        "http://127.0.0.1",
        "http://[::1]:1",
        "http://a.localhost",
    ):
        assert is_safe_address(safe)
    for unsafe in (
        "http://accounts.example.com",
        "ftp://localhost",
        "https://",
        "",
        "http://localhost.evil.example",
        "https://[x",
    ):
        assert not is_safe_address(unsafe)


def test_the_secret_is_in_no_description():
    assert "s3cret" not in repr(OpenidClient(issuer="i", client_id="c", client_secret="s3cret", name="n"))
