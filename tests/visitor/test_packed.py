"""Packed addresses, and numbers that tell the visitors of a day apart."""

from collections import Counter
from typing import Any

import numpy as np

from linnet.visitor.packed import agent_digests, is_ipv4, packed_addresses, visitors_of

SALT, OTHER = b"the salt of one day", b"and of another"


def visitors(*seen: tuple[bytes | None, int, str, str]) -> list[int]:
    """The visitors of salt, domain, address and user agent of each."""
    salts, domains, addresses, agents = zip(*seen, strict=True)
    days: Any = np.arange(len(seen))
    told = visitors_of(salts, days, np.array(domains), packed_addresses(addresses), agent_digests(agents))
    return [int(each) for each in told]


def test_addresses_of_both_families_are_rows_of_bytes() -> None:
    rows = packed_addresses(["1.2.3.4", "", "2001:db8::9", "255.0.0.1"])
    assert [row.tobytes().hex() for row in rows] == [
        "00000000000000000000ffff01020304",
        "0" * 32,
        "20010db8000000000000000000000009",
        "00000000000000000000ffffff000001",
    ]
    assert is_ipv4(rows).tolist() == [True, False, False, True]
    assert packed_addresses([]).shape == (0, 16)


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
