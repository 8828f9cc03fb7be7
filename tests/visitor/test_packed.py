"""Packed addresses, and numbers that tell the visitors of a day apart."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.visitor.address import normal_address, truncated
from linnet.visitor.packed import (
    agent_digests,
    different,
    is_ipv4,
    packed_addresses,
    spelled_rows,
    truncated_rows,
    visitors_of,
)

SALT, OTHER = b"the salt of one day", b"and of another"


def visitors(*seen: tuple[bytes | None, int, str, str]) -> list[int]:
    """The visitors of salt, domain, address and user agent of each."""
    salts, domains, addresses, agents = zip(*seen, strict=True)
    days: Any = np.arange(len(seen))
    told = visitors_of(salts, days, np.array(domains), packed_addresses(addresses), agent_digests(agents))
    return [int(each) for each in told]


def test_addresses_of_both_families_are_rows_of_bytes() -> None:
    rows = packed_addresses(["1.2.3.4", "2001:DB8:0::9%eth0", "255.0.0.1", "::ffff:1.2.3.4"])
    assert [row.tobytes().hex() for row in rows] == [
        "00000000000000000000ffff01020304",
        "20010db8000000000000000000000009",
        "00000000000000000000ffffff000001",
        "00000000000000000000ffff01020304",
    ]
    assert spelled_rows(rows) == ["1.2.3.4", "2001:db8::9", "255.0.0.1", "1.2.3.4"]
    assert is_ipv4(rows).tolist() == [True, False, True, True]
    assert packed_addresses([]).shape == (0, 16)


@pytest.mark.parametrize("nonsense", ["", "1.2.3", "01.2.3.4", "1.2.3.4.5", "a:b", "ä", "1.2.3.4\x00", "unix"])
def test_what_is_no_address_is_zeros_and_spoils_no_other(nonsense: str) -> None:
    rows = packed_addresses(["1.2.3.4", nonsense, "::1"])
    assert spelled_rows(rows[[0, 2]]) == ["1.2.3.4", "::1"]
    assert (rows[1].any(), normal_address(nonsense)) == (False, "")
    assert is_ipv4(rows).tolist() == [True, False, False]


addresses = st.ip_addresses().map(str).map(normal_address) | st.sampled_from(["1.2.3.4", "::1", "2001:db8::1", "1::", "::9"])


@given(st.lists(addresses, max_size=40))
def test_different_addresses_come_once_in_their_order_and_each_finds_its_own(texts: list[str]) -> None:
    rows, number = different(packed_addresses(texts))
    spelled = spelled_rows(rows)
    assert len(set(spelled)) == len(spelled) == len(set(texts))
    assert [spelled[each] for each in number.tolist()] == texts


@given(st.lists(addresses, max_size=40))
def test_networks_of_many_are_those_of_each(texts: list[str]) -> None:
    assert spelled_rows(truncated_rows(packed_addresses(texts))) == [truncated(text) for text in texts]


def test_a_visitor_has_one_number_in_a_domain_and_day_and_every_difference_makes_another() -> None:
    told = visitors(
        (SALT, 1, "1.2.3.4", "agent"),
        (OTHER, 1, "1.2.3.4", "agent"),
        (SALT, 2, "1.2.3.4", "agent"),
        (SALT, 1, "1.2.3.5", "agent"),
        (SALT, 1, "2001:db8::9", "agent"),
        (SALT, 1, "1.2.3.4", "other agent"),
    )
    assert len(set(told)) == len(told)
    assert all(0 < number < 1 << 40 for number in told)
    assert visitors((SALT, 1, "2001:db8::9", "agent"), (SALT, 1, "1.2.3.4", "agent")) == [told[4], told[0]]


def test_without_a_salt_or_an_address_no_visitor_is_told_from_another() -> None:
    assert visitors((None, 1, "1.2.3.4", "agent"), (b"", 1, "1.2.3.4", "agent"), (SALT, 1, "", "agent")) == [0, 0, 0]


def test_numbers_are_spread_over_forty_bits() -> None:
    told = visitors(*[(SALT, 1, f"10.0.{n >> 8}.{n & 255}", "agent") for n in range(4096)])
    assert len(set(told)) == 4096
    sixteenths = Counter(number >> 36 for number in told)
    assert sorted(sixteenths) == list(range(16))
    assert all(200 < count < 320 for count in sixteenths.values())
