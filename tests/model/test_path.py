"""Paths: what is stored, and what makes two of them the same."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.errors import InvalidField
from linnet.model.path import LinkType, clean_path, counter_path, path_key, quoted, random_path, requested_path, wildcard_depth


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("/abc", "abc"),
        ("", ""),
        ("a%20b", "a b"),
        ("docs/*", "docs/*"),
        ("*", "*"),
        ("cafe\u0301", "caf\u00e9"),
        ("A/b", "A/b"),
    ],
)
def test_paths_are_stored_decoded_and_normalised(written: str, stored: str):
    assert clean_path(written) == stored


@pytest.mark.parametrize(
    "path", ["a\nb", "a?b", "a#b", "a*", "*/a", "a/*/*", "../a", "a/./b", "\x00", "x" * 1025, ".shortio/x", "%ff"]
)
def test_paths_that_cannot_be_served_are_refused_by_name(path: str):
    with pytest.raises(InvalidField) as refusal:
        clean_path(path)
    assert refusal.value.field == "path"


def test_case_counts_only_on_case_sensitive_domains():
    assert path_key("Straße", case_sensitive=False) == path_key("straße", case_sensitive=False)
    assert path_key("ABC", case_sensitive=True) != path_key("abc", case_sensitive=True)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_a_stored_path_is_found_again_by_the_request_that_its_short_url_makes(text: str):
    try:
        stored = clean_path(text)
    except InvalidField:
        return
    requested = requested_path(b"/" + quoted(stored).encode())
    assert requested is not None
    assert path_key(requested, case_sensitive=False) == path_key(stored, case_sensitive=False)


def test_a_request_in_raw_utf8_finds_the_same_path_as_a_percent_encoded_one():
    assert requested_path("/café".encode()) == requested_path(b"/caf%C3%A9") == "café"
    assert requested_path(b"/caf%ff") is None


@pytest.mark.parametrize(("path", "depth"), [("*", 0), ("docs/*", 1), ("a/b/*", 2), ("docs", None), ("", None)])
def test_the_depth_of_a_wildcard_is_the_number_of_its_segments(path: str, depth: int | None):
    assert wildcard_depth(path) == depth


@pytest.mark.parametrize(
    ("link_type", "length"),
    [
        (LinkType.RANDOM, 6),
        (LinkType.SECURE, 22),
        (LinkType.FOUR_CHAR, 4),
        (LinkType.EIGHT_CHAR, 8),
        (LinkType.TEN_CHAR, 10),
    ],
)
def test_random_paths_have_their_types_length(link_type: LinkType, length: int):
    path = random_path(link_type, random.Random(1))
    assert len(path) == length
    assert path.isalnum()


def test_counter_paths_survive_a_case_insensitive_domain():
    paths = [counter_path(number) for number in range(5000)]
    assert len({path_key(path, case_sensitive=False) for path in paths}) == 5000
