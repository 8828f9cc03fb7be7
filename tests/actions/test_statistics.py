"""Who may ask which statistics, and who may clear them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.click_counts import Dates, PathAsked, clear_statistics, link_clicks, path_clicks
from linnet.actions.context import Context
from linnet.actions.links import create_link
from linnet.actions.statistics import (
    StatisticsRequest,
    clicks_by_interval,
    domain_report,
    last_clicks,
    link_report,
    top,
    top_by_interval,
)
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.access import Actor, Membership, Role
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import DomainNotFound, NotAllowed
from linnet.model.link import Link, LinkDraft
from linnet.model.statistics import Period
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.actions.conftest import House
from tests.statistics.clicks import click, store_with
from tests.support.moments import NOON

ALL_TIME = StatisticsRequest(period=Period.TOTAL, column="path")


@dataclass
class Shared:
    """A domain of a team, with a link of the owner and one of a member, each of them visited."""

    house: House
    domain: Domain
    boss: Context
    member: Context
    theirs: Link
    mine: Link
    store: DuckdbClickStore
    member_id: int

    @property
    def engine(self) -> DuckdbStatistics:
        return DuckdbStatistics(self.store.cursor, self.store.clear_domain)

    def as_member(self, role: Role, **fields: Any) -> Context:
        assert self.domain.team_id is not None
        membership = Membership(team_id=self.domain.team_id, user_id=self.member_id, role=role, **fields)
        return self.house.as_actor(Actor(user_id=self.member_id, memberships=(membership,)))


@pytest.fixture
def shared(house: House, tmp_path: Path) -> Iterator[Shared]:
    with house.database.write() as work:
        team = work.teams.add("team", NOON)
        user = work.users.add(email="member@example.com", name=None, password_hash="none", created_at=NOON)
    domain = house.add_domain("team.example", team_id=team.id)
    owner = Membership(team_id=team.id, user_id=house.domain.owner_id, role=Role.OWNER)
    boss = house.as_actor(Actor(user_id=house.domain.owner_id, memberships=(owner,)))
    narrowed = Membership(team_id=team.id, user_id=user.id, role=Role.USER, own_links_only=True)
    member = house.as_actor(Actor(user_id=user.id, memberships=(narrowed,)))
    theirs = create_link(boss, "team.example", LinkDraft(original_url="https://example.com/", path="theirs")).link
    mine = create_link(member, "team.example", LinkDraft(original_url="https://example.com/", path="mine")).link
    held = [
        click(domain_id=domain.id, link_number=number, path=path)
        for number, path in ((theirs.number, "/theirs"), (mine.number, "/mine"), (0, "/none"))
    ]
    with store_with(tmp_path / "clicks", held) as store:
        yield Shared(house, domain, boss, member, theirs, mine, store, user.id)


WHOLE: list[Callable[[Context, Any, Any, StatisticsRequest], object]] = [
    domain_report,
    clicks_by_interval,
    top,
    top_by_interval,
    last_clicks,
]


@pytest.mark.parametrize("ask", WHOLE, ids=lambda ask: ask.__name__)
def test_who_is_narrowed_to_own_links_is_told_to_ask_for_them(shared: Shared, ask: Callable[..., object]) -> None:
    ask(shared.boss, shared.engine, shared.domain.id, ALL_TIME)
    ask(shared.as_member(Role.READ_ONLY), shared.engine, shared.domain.id, ALL_TIME)
    with pytest.raises(NotAllowed):
        ask(shared.member, shared.engine, shared.domain.id, ALL_TIME)
    assert link_report(shared.member, shared.engine, shared.mine.id, ALL_TIME).overview.totals.clicks == 1


def test_who_is_narrowed_to_own_links_counts_no_others(shared: Shared) -> None:
    paths = [PathAsked(path=path) for path in ("theirs", "mine", "none")]
    ids = [shared.theirs.id, shared.mine.id]

    def counted(context: Context) -> tuple[dict[str, int], dict[str, int]]:
        return (
            path_clicks(context, shared.engine, shared.domain.id, paths, Dates()),
            link_clicks(context, shared.engine, shared.domain.id, ids, Dates()),
        )

    assert counted(shared.boss) == ({"theirs": 1, "mine": 1, "none": 1}, {shared.theirs.id: 1, shared.mine.id: 1})
    assert counted(shared.member) == ({"mine": 1}, {shared.mine.id: 1})
    with shared.house.database.write() as work:
        work.permissions.add(shared.theirs.number, shared.member_id, NOON)
    assert counted(shared.member) == ({"theirs": 1, "mine": 1}, {shared.theirs.id: 1, shared.mine.id: 1})


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_who_may_not_change_the_domain_does_not_clear_its_statistics(shared: Shared, role: Role) -> None:
    with pytest.raises(DomainNotFound):
        clear_statistics(shared.as_member(role), shared.engine, shared.domain.id)
    assert domain_report(shared.boss, shared.engine, shared.domain.id, ALL_TIME).overview.totals.clicks == 3


def test_clearing_is_in_the_audit_log(shared: Shared) -> None:
    clear_statistics(shared.as_member(Role.ADMIN), shared.engine, shared.domain.id)
    assert domain_report(shared.boss, shared.engine, shared.domain.id, ALL_TIME).overview.totals.clicks == 0
    with shared.house.database.read() as work:
        newest = work.audit.search(user_id=shared.member_id, domain_ids=[], limit=1)[0]
    assert (newest.event, newest.subject, newest.domain_id) == (
        Event.STATISTICS_CLEARED,
        str(shared.domain.id),
        shared.domain.id,
    )
