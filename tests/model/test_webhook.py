"""What webhooks are told, signatures, and when attempts are made."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from linnet.model.audit import Event
from linnet.model.errors import InvalidField
from linnet.model.webhook import (
    DELAYS,
    MAX_ATTEMPTS,
    TOLD,
    Attempt,
    WebhookEvent,
    bits_of,
    clean_description,
    clean_events,
    clean_webhook_url,
    events_of,
    new_message_id,
    new_secret,
    next_attempt,
    pause_after,
    signed_headers,
)

BODY = json.dumps({"type": "link.created", "größe": 1}).encode()
# Of these that are noted of links and domains, webhooks are told nothing.
UNTOLD = {
    Event.PERMISSION_ADDED,
    Event.PERMISSION_REMOVED,
    Event.DOMAIN_CREATED,
    Event.DOMAIN_DELETED,
    Event.CLICKS_EXPORTED,
    Event.CLICKS_IMPORTED,
    # Each portion of an import tells of its links by itself.
    Event.LINKS_IMPORTED,
    Event.LINKS_EXPORTED,
    Event.VISITOR_EXPORTED,
    Event.VISITOR_ERASED,
    Event.STATISTICS_CLEARED,
}


def now() -> datetime:
    return datetime.now(UTC)


def an_attempt(number: int = 1, **fields: Any) -> Attempt:
    return replace(Attempt(number=number, at=now(), status=500, duration_ms=1), **fields)


def test_signatures_are_verified_by_the_library_that_receivers_use():
    secret, message_id = new_secret(Random(1)), new_message_id(Random(1))
    headers = signed_headers(message_id, now(), BODY, [secret])
    assert Verifier(secret).verify(BODY, headers) == json.loads(BODY)
    assert headers["webhook-signature"].startswith("v1,")
    for changed in (BODY + b" ", BODY.replace(b"1", b"2")):
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(changed, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(BODY, headers | {"webhook-id": "msg_other"})
    with pytest.raises(WebhookVerificationError):
        Verifier(new_secret(Random(2))).verify(BODY, headers)


def test_while_both_secrets_sign_either_verifies():
    old, new = new_secret(Random(1)), new_secret(Random(2))
    headers = signed_headers("msg_1", now(), BODY, [new, old])
    assert Verifier(old).verify(BODY, headers) == Verifier(new).verify(BODY, headers)


def test_without_a_secret_nothing_is_signed():
    assert set(signed_headers("msg_1", now(), BODY, [])) == {"webhook-id", "webhook-timestamp"}


def test_secrets_have_the_standard_form():
    secret = new_secret(Random(1))
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64


def test_everything_noted_of_links_and_domains_is_told_or_is_said_not_to_be():
    about = {event for event in Event if event.value.split(".")[0] in ("link", "links", "tag", "domain")}
    assert about - UNTOLD == TOLD.keys()


def test_sets_of_events_are_stored_as_numbers_that_stay():
    assert [event.bit for event in WebhookEvent] == [1, 2, 4, 8, 16]
    for chosen in (frozenset(), frozenset({WebhookEvent.CLICK, WebhookEvent.LINK_DELETED}), frozenset(WebhookEvent)):
        assert events_of(bits_of(chosen)) == chosen


def test_attempts_are_spread_over_a_day_and_then_end():
    pauses = [next_attempt(an_attempt(number), chance=0.5) for number in range(1, MAX_ATTEMPTS)]
    assert pauses == list(DELAYS)
    assert timedelta(hours=24) < sum(DELAYS, timedelta()) < timedelta(hours=30)
    assert next_attempt(an_attempt(MAX_ATTEMPTS), chance=0.5) is None
    assert next_attempt(an_attempt(50), chance=0.5) is None
    assert next_attempt(an_attempt(4), chance=0.0) == DELAYS[3] * 0.8
    assert next_attempt(an_attempt(4), chance=1.0) == DELAYS[3] * 1.2


def test_who_asks_for_time_gets_it_within_bounds():
    assert next_attempt(an_attempt(retry_after_seconds=60), chance=0.5) == timedelta(seconds=60)
    assert next_attempt(an_attempt(retry_after_seconds=1), chance=0.5) == DELAYS[0]
    assert next_attempt(an_attempt(retry_after_seconds=10**9), chance=0.5) == timedelta(hours=6)


def test_a_webhook_that_fails_is_left_alone_for_longer_and_longer_but_not_for_long():
    assert [pause_after(failures).total_seconds() for failures in (1, 2, 3, 8, 9, 10_000)] == [2, 4, 8, 256, 300, 300]


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("", "absolute"),
        ("ftp://example.com/", "absolute"),
        ("javascript:alert(1)", "absolute"),
        ("https://", "absolute"),
        ("https://user:secret@example.com/", "user name"),
        ("https://user@example.com/", "user name"),
        ("https://example.com/\x00", "control"),
        ("https://example.com/" + "a" * 2048, "longer than 2048"),
        ("https://example.com:99999/", "valid URL"),
        ("https://exa<b>mple.com/", "invalid host"),
    ],
)
def test_addresses_that_cannot_be_told_anything_are_refused(url: str, part: str):
    with pytest.raises(InvalidField, match=part) as refusal:
        clean_webhook_url(url)
    assert refusal.value.field == "url"


def test_an_address_is_taken_as_it_is():
    assert clean_webhook_url(" https://hooks.example.com:8443/a?b=c ") == "https://hooks.example.com:8443/a?b=c"


def test_events_have_to_be_some_that_there_are():
    assert clean_events(["click", "link.created", "click"]) == {WebhookEvent.CLICK, WebhookEvent.LINK_CREATED}
    for names in ([], ["<b>"], ["click", "Click"]):
        with pytest.raises(InvalidField) as refusal:
            clean_events(names)
        assert refusal.value.field == "events"


def test_descriptions_are_lines_of_bounded_length():
    assert clean_description("  للمتجر <b>x</b> ") == "للمتجر <b>x</b>"
    for text in ("a" * 201, "a\nb", "a\x00"):
        with pytest.raises(InvalidField) as refusal:
            clean_description(text)
        assert refusal.value.field == "description"
