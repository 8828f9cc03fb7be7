"""How many passwords may be tried."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linnet.edge.attempts import OF_GUESSER, OF_LINK, OF_NODE, OF_SHARE, OF_SITE, OF_VISITOR, PasswordAttempts
from linnet.edge.rates import NodeAttempts
from tests.support.clock import Clock

MINE, OTHERS = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[NodeAttempts]:
    opened = NodeAttempts(tmp_path / "attempts.mdb")
    yield opened
    opened.close()


@pytest.fixture
def attempts(table: NodeAttempts, clock: Clock) -> PasswordAttempts:
    return PasswordAttempts(table.passwords, clock)


def admitted(attempts: PasswordAttempts, clock: Clock, times: int, address: Callable[[int], str], link: int = 1) -> int:
    """How many of so many attempts are let through, slowly enough for the bound of the node."""
    through = 0
    for number in range(times):
        clock.now += OF_SHARE.seconds / OF_SHARE.amount + 0.001
        through += attempts.admit(link, address(number)) == 0
    return through


def test_a_visitor_has_so_many_attempts_at_a_link_and_then_waits(attempts: PasswordAttempts, clock: Clock):
    began = clock.now
    assert [attempts.admit(1, MINE) for _ in range(OF_VISITOR.amount)] == [0] * OF_VISITOR.amount
    clock.now += 10
    assert attempts.admit(1, MINE) == OF_VISITOR.seconds - 10
    assert (attempts.admit(1, OTHERS), attempts.admit(2, MINE)) == (0, 0)
    clock.now = began + OF_VISITOR.seconds - 0.5
    assert attempts.admit(1, MINE) == 1
    clock.now = began + OF_VISITOR.seconds
    assert attempts.admit(1, MINE) == 0


def test_addresses_of_one_ipv6_network_are_one_visitor(attempts: PasswordAttempts, clock: Clock):
    assert admitted(attempts, clock, 30, lambda number: f"2001:db8::{number + 1:x}") == OF_VISITOR.amount
    assert admitted(attempts, clock, 30, lambda number: f"2001:db8:0:{number + 1:x}::1") == 30


def test_a_link_has_so_many_attempts_from_all_addresses(attempts: PasswordAttempts, clock: Clock):
    assert (
        admitted(attempts, clock, OF_LINK.amount + 50, lambda number: f"10.0.{number // 250}.{number % 250}") == OF_LINK.amount
    )
    assert attempts.admit(2, MINE) == 0


def test_a_node_has_so_many_attempts_at_all_links(attempts: PasswordAttempts):
    through = [attempts.admit(number, f"10.0.0.{number}") == 0 for number in range(OF_NODE.amount + 20)]
    assert through.count(True) == OF_NODE.amount


def test_who_is_refused_takes_nothing_from_others(attempts: PasswordAttempts, clock: Clock):
    for _ in range(OF_LINK.amount * 2):
        attempts.admit(1, MINE)
    assert attempts.admit(1, OTHERS) == 0
    assert attempts.admit(2, OTHERS) == 0


def test_right_passwords_do_not_keep_their_visitors_away(attempts: PasswordAttempts, clock: Clock):
    for _ in range(OF_LINK.amount + 1):
        clock.now += OF_SHARE.seconds / OF_SHARE.amount + 0.001
        assert attempts.admit(1, MINE) == 0
        attempts.was_right(1, MINE)
    assert admitted(attempts, clock, 30, lambda _: MINE) == OF_VISITOR.amount


def test_right_passwords_count_for_the_node(attempts: PasswordAttempts):
    for number in range(OF_NODE.amount):
        assert attempts.admit(1, f"10.0.0.{number}") == 0
        attempts.was_right(1, f"10.0.0.{number}")
    assert 0 < attempts.admit(1, MINE) <= OF_NODE.seconds


def test_who_knows_a_password_cannot_take_up_all_that_the_node_looks_at(attempts: PasswordAttempts):
    through = 0
    for number in range(OF_NODE.amount * 2):
        if attempts.admit(number % 3, MINE) == 0:
            attempts.was_right(number % 3, MINE)
            through += 1
    assert through == OF_SHARE.amount
    assert attempts.admit(1, OTHERS) == 0


def test_a_visitor_who_tries_one_password_at_many_links_is_stopped(attempts: PasswordAttempts, clock: Clock):
    through = 0
    for number in range(OF_GUESSER.amount * 2):
        clock.now += OF_SHARE.seconds / OF_SHARE.amount + 0.001
        through += attempts.admit(number, MINE) == 0
    assert through == OF_GUESSER.amount
    assert attempts.admit(1, OTHERS) == 0


def test_a_site_with_many_ipv6_networks_does_not_lock_a_link(attempts: PasswordAttempts, clock: Clock):
    assert admitted(attempts, clock, OF_LINK.amount * 2, lambda number: f"2001:db8:7:{number + 1:x}::1") == OF_SITE.amount
    assert attempts.admit(1, MINE) == 0
    assert attempts.admit(1, "2001:db8:8::1") == 0


def test_attempts_that_were_not_made_count_nowhere(attempts: PasswordAttempts, table: NodeAttempts, clock: Clock):
    for _ in range(OF_NODE.amount * 2):
        assert attempts.admit(1, MINE) == 0
        attempts.was_not_made(1, MINE)
    assert table.passwords.window("all links", now=clock.now) == (0, clock.now)
    assert table.forget_ended(now=clock.now + 3600) == 0
