"""States of domains."""

import pytest

from linnet.model.domain import STATES
from linnet.model.domain_state import (
    UNANSWERED,
    NameFindings,
    is_local,
    is_proved,
    proof_name,
    proof_text,
    registrable_name,
    state_of,
)

HERE = NameFindings(answered=True, here=("192.0.2.1",))
BOTH = NameFindings(answered=True, here=("192.0.2.1",), elsewhere=("198.51.100.7",))
ELSEWHERE = NameFindings(answered=True, elsewhere=("198.51.100.7",))
NOWHERE = NameFindings(answered=True)
UNKNOWN = NameFindings(answered=True, registered=False)


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        (HERE, "configured"),
        (BOTH, "extra_records"),
        (ELSEWHERE, "not_configured"),
        (NOWHERE, "not_configured"),
        (UNKNOWN, "not_registered"),
    ],
)
@pytest.mark.parametrize("last", STATES)
def test_what_name_servers_say_decides_whatever_was_before(findings: NameFindings, state: str, last: str):
    assert state_of(findings, proof_missing=False, last=last) == state


@pytest.mark.parametrize("findings", [HERE, BOTH, ELSEWHERE, NOWHERE, UNKNOWN, UNANSWERED])
def test_a_missing_proof_comes_before_everything_else(findings: NameFindings):
    assert state_of(findings, proof_missing=True, last="configured") == "not_verified"


@pytest.mark.parametrize("last", ["configured", "not_configured", "extra_records", "not_registered"])
def test_silence_changes_nothing(last: str):
    assert state_of(UNANSWERED, proof_missing=False, last=last) == last


def test_a_proof_ends_the_wait_for_it_even_when_no_address_is_known():
    assert state_of(UNANSWERED, proof_missing=False, last="not_verified") == "not_configured"


def test_only_the_very_text_is_a_proof():
    texts = lambda *found: NameFindings(answered=False, texts=found)  # noqa: E731
    assert proof_name("go.example.com") == "_linnet.go.example.com"
    assert proof_text("T") == "linnet-verification=T"
    assert is_proved(texts("v=spf1 -all", " linnet-verification=T "), "T")
    assert not is_proved(texts("linnet-verification=T2", "T", "linnet-verification=t"), "T")
    assert not is_proved(texts(), "T")
    assert not is_proved(NameFindings(answered=True), "T")


@pytest.mark.parametrize(
    ("hostname", "name"),
    [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("go.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("go.com.de", "go.com.de"),
        ("go.brand.io", "brand.io"),
        ("links.internal", "links.internal"),
    ],
)
def test_what_one_buys_from_a_registry(hostname: str, name: str):
    assert registrable_name(hostname) == name


def test_local_names():
    assert is_local("localhost")
    assert is_local("go.localhost")
    assert not is_local("notlocalhost")
    assert not is_local("localhost.example")
