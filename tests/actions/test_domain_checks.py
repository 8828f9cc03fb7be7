"""Checks of domains: states, proofs, and who is served; on each of the engines."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from linnet.actions.context import Context
from linnet.actions.domain_checks import check_due_domains, get_domain, verify_domain
from linnet.actions.domains import create_domain
from linnet.model.access import Actor, KeyKind
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.domain_state import UNANSWERED, NameFindings
from linnet.model.errors import DomainNotFound, QuotaReached, StorageUnavailable, TeamNotFound
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House
from tests.support.moments import NOON

HERE = NameFindings(answered=True, here=("192.0.2.1",))
ELSEWHERE = NameFindings(answered=True, elsewhere=("198.51.100.7",))


@dataclass
class Names:
    """Name servers that say what a test tells them to."""

    found: dict[str, NameFindings] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[str, bool, float]] = field(default_factory=list)

    def findings(self, hostname: str, *, proof: bool = False, seconds: float = 3.0) -> NameFindings:
        self.asked.append((hostname, proof, seconds))
        findings = self.found.get(hostname, UNANSWERED)
        return replace(findings, texts=self.texts.get(hostname, ())) if proof else findings


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Checked:
    """A house whose name servers and clock are a test's."""

    house: House
    names: Names
    clock: Clock

    @property
    def context(self) -> Context:
        return replace(self.house.context, names=self.names, now=self.clock)

    def create(self, hostname: str = "new.example", **fields: object) -> Domain:
        return create_domain(self.context, hostname, reserved=frozenset(), **fields)  # type: ignore[arg-type]

    def neighbour(self) -> Context:
        """Another person with an account."""
        with self.house.database.write() as work:
            user = work.users.add(email="other@example.com", name=None, password_hash="x", created_at=NOON)
        return replace(self.context, actor=Actor(user_id=user.id, key_kind=KeyKind.SECRET))

    def served(self) -> set[str]:
        """The hostnames that a new edge would know."""
        _, domains, routes = RouteStore(self.house.database).snapshot()
        list(routes)
        return {domain.hostname for domain in domains}

    def prove(self, domain: Domain) -> None:
        self.names.texts[domain.hostname] = ("v=spf1 -all", f"linnet-verification={domain.verification_token}")


@pytest.fixture
def checked(house: House) -> Checked:
    return Checked(house, Names(), Clock())


def test_a_new_domains_state_is_what_name_servers_say(checked: Checked) -> None:
    checked.names.found = {"new.example": HERE, "b.example": ELSEWHERE}
    assert checked.create().state == "configured"
    assert checked.create("b.example").state == "not_configured"
    assert checked.create("silent.example").state == "not_configured"
    assert checked.served() == {"go.example", "new.example", "b.example", "silent.example"}
    assert [asked[1] for asked in checked.names.asked] == [False, False, False]


def test_a_domain_that_is_taken_keeps_nobody_waiting_for_name_servers(checked: Checked) -> None:
    with pytest.raises(Exception, match="already registered"):
        checked.create("go.example")
    assert checked.names.asked == []


def test_silence_keeps_the_last_state_and_an_answer_changes_it(checked: Checked) -> None:
    checked.names.found = {"new.example": HERE}
    domain = checked.create()
    for findings, state in ((UNANSWERED, "configured"), (ELSEWHERE, "not_configured"), (HERE, "configured")):
        checked.names.found = {"new.example": findings}
        checked.clock.advance(minutes=2)
        assert verify_domain(checked.context, domain.id).state == state
        with checked.house.database.read() as work:
            stored = work.domains.find(domain.id)
        assert stored is not None
        assert (stored.state, stored.checked_at) == (state, checked.clock.at)


def test_among_several_people_a_hostname_is_served_once_it_is_proved(checked: Checked) -> None:
    checked.neighbour()
    checked.names.found = {"new.example": HERE}
    domain = checked.create()
    assert (domain.state, domain.verified) == ("not_verified", False)
    assert len(domain.verification_token) == 32
    assert checked.names.asked == []
    assert checked.served() == {"go.example"}
    checked.names.texts = {"new.example": ("linnet-verification=another",)}
    assert verify_domain(checked.context, domain.id).state == "not_verified"
    assert checked.served() == {"go.example"}

    checked.prove(domain)
    checked.clock.advance(seconds=10)
    before = RouteStore(checked.house.database).last_sequence()
    assert verify_domain(checked.context, domain.id).state == "configured"
    assert checked.served() == {"go.example", "new.example"}
    (change,) = RouteStore(checked.house.database).changes_after(before, 10)
    assert checked.house.published[-1] == change.sequence
    with checked.house.database.read() as work:
        (entry, *_) = work.audit.search(user_id=None, domain_ids=[domain.id], limit=1)
    assert entry.event is Event.DOMAIN_VERIFIED


def test_the_change_log_says_that_an_unproved_hostname_is_nobodys(checked: Checked) -> None:
    checked.neighbour()
    before = RouteStore(checked.house.database).last_sequence()
    checked.create()
    (change,) = RouteStore(checked.house.database).changes_after(before, 10)
    assert (getattr(change, "hostname", ""), getattr(change, "domain", "")) == ("new.example", None)


def test_a_proof_holds_when_its_record_is_gone(checked: Checked) -> None:
    checked.neighbour()
    domain = checked.create()
    checked.prove(domain)
    assert verify_domain(checked.context, domain.id).verified
    checked.names.texts, checked.names.found = {}, {"new.example": ELSEWHERE}
    checked.clock.advance(minutes=2)
    again = verify_domain(checked.context, domain.id)
    assert (again.state, again.verified) == ("not_configured", True)
    assert "new.example" in checked.served()


def test_local_names_and_service_accounts_need_no_proof(checked: Checked) -> None:
    with checked.house.database.write() as work:
        work.users.add(email="bot@example.com", name=None, password_hash="x", created_at=NOON, service=True)
    assert checked.create().verified
    checked.neighbour()
    assert checked.create("new.localhost").verified
    assert not checked.create("another.example").verified


def test_verifying_again_at_once_answers_what_is_stored(checked: Checked) -> None:
    domain = checked.create()
    checked.names.asked.clear()
    checked.clock.advance(seconds=4)
    assert verify_domain(checked.context, domain.id) == domain
    assert checked.names.asked == []
    checked.clock.advance(seconds=2)
    verify_domain(checked.context, domain.id)
    assert len(checked.names.asked) == 1


def test_reading_a_domain_looks_again_after_a_minute_unless_it_is_configured(checked: Checked) -> None:
    domain = checked.create()
    checked.names.asked.clear()
    checked.clock.advance(seconds=50)
    assert get_domain(checked.context, domain.id) == domain
    assert checked.names.asked == []
    checked.clock.advance(seconds=20)
    checked.names.found = {"new.example": HERE}
    assert get_domain(checked.context, domain.id).state == "configured"
    assert checked.names.asked == [("new.example", False, 1.0)]
    checked.clock.advance(days=1)
    get_domain(checked.context, domain.id)
    assert len(checked.names.asked) == 1


def test_a_domain_can_be_read_when_a_check_cannot_be_stored(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = checked.create()
    checked.clock.advance(minutes=2)

    def full() -> None:
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(checked.house.database, "write", full)
    assert get_domain(checked.context, domain.id) == domain


def test_a_foreign_domain_is_not_verified(checked: Checked) -> None:
    domain = checked.create()
    with pytest.raises(DomainNotFound):
        verify_domain(checked.neighbour(), domain.id)


def due(checked: Checked, *, hours: float = 1, limit: int = 20, is_ended: Callable[[], bool] = lambda: False) -> int:
    return check_due_domains(
        lambda actor: replace(checked.context, actor=actor),
        checked.clock() - timedelta(hours=hours),
        limit=limit,
        is_ended=is_ended,
    )


def test_housekeeping_checks_each_domain_once_in_its_time_and_serves_what_is_proved(checked: Checked) -> None:
    neighbour = checked.neighbour()
    foreign = create_domain(neighbour, "foreign.example", reserved=frozenset())
    checked.prove(foreign)
    checked.names.found = {"go.example": HERE}
    assert due(checked) == 2
    assert due(checked) == 0
    assert checked.served() == {"go.example", "foreign.example"}
    with checked.house.database.read() as work:
        stored = work.domains.find(checked.house.domain.id)
        (entry, *_) = work.audit.search(user_id=None, domain_ids=[foreign.id], limit=1)
    assert stored is not None
    assert stored.state == "configured"
    assert (entry.event, entry.user_id) == (Event.DOMAIN_VERIFIED, neighbour.actor.user_id)
    checked.clock.advance(hours=2)
    assert due(checked, limit=1) == 1
    assert due(checked, is_ended=lambda: True) == 0
    assert due(checked) == 1


def test_a_person_may_have_as_many_domains_as_the_setting_allows(checked: Checked) -> None:
    context = replace(checked.context, max_domains=2)
    create_domain(context, "b.example", reserved=frozenset())
    with pytest.raises(QuotaReached):
        create_domain(context, "c.example", reserved=frozenset())
    create_domain(replace(checked.neighbour(), max_domains=2), "c.example", reserved=frozenset())


def test_the_last_place_for_a_domain_is_not_taken_twice(house: House) -> None:
    owner_id = house.domain.owner_id
    last = Domain(id=0, hostname="b.example", owner_id=owner_id, created_at=NOON, updated_at=NOON)
    context = replace(house.context, max_domains=2)
    with ThreadPoolExecutor(1) as pool:
        with house.database.write() as work:
            assert work.domains.count(owner_id) == 1
            work.domains.add(last)
            second = pool.submit(create_domain, context, "c.example", reserved=frozenset())
            time.sleep(0.3)
        with pytest.raises(QuotaReached):
            second.result(20)


def test_a_domain_is_not_created_in_a_team_of_others(checked: Checked) -> None:
    with checked.house.database.write() as work:
        team = work.teams.add("Others", NOON)
    for team_id in (team.id, team.id + 1):
        with pytest.raises(TeamNotFound):
            checked.create(team_id=team_id)
