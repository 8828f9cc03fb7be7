"""Every page of the table, asked by everybody: shown and refused exactly as its rule says."""

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import pytest

from linnet.actions.context import Context
from linnet.actions.keys import new_key
from linnet.actions.links import create_link
from linnet.actions.sessions import begin_session
from linnet.actions.sign_in import user_actor
from linnet.dashboard.app import PAGES
from linnet.dashboard.pages import Page
from linnet.importers.csv_file import CsvFormat
from linnet.importers.run import wish_json
from linnet.model.access import Actor, Invitation, KeyKind, Membership, Role, Subject
from linnet.model.account import SignInMethod
from linnet.model.grouping import Folder
from linnet.model.link import Link, LinkDraft
from linnet.model.link_import import ImportState, LinkImport
from linnet.model.report import Report
from linnet.model.utm import UtmTemplate
from linnet.model.webhook import Webhook, WebhookEvent, WebhookKind
from tests.dashboard.conftest import Site, open_site
from tests.support.installed import PASSWORD, hashed, install, migrated
from tests.support.moments import NOON
from tests.support.town import Town, build_town, is_let_in, state_of

FOLDER: Final = "f" * 21
# What each page that takes a form needs in it, so that who may is not refused for another reason.
FORMS: Final[dict[str, dict[str, str]]] = {
    "/dashboard/teams/{team_id:int}/rename": {"name": "Renamed"},
    "/dashboard/teams/{team_id:int}/second-factor": {"required": "0"},
    "/dashboard/teams/{team_id:int}/members/{user_id:int}": {"role": "user"},
    "/dashboard/teams/{team_id:int}/accounts": {"name": "Robot", "role": "user"},
    "/dashboard/teams/{team_id:int}/invitations": {"role": "user"},
    "/dashboard/domains/{domain_id:int}/webhooks": {"url": "https://hooks.example.com/", "events": "click"},
}
# Tables that change with every request, whoever asks.
OF_REQUESTS: Final = frozenset({"api_keys", "sessions", "submissions", "users"})
PARAMETER: Final = re.compile(r"\{(\w+):\w+\}")


@dataclass(frozen=True)
class Pass:
    """The session of somebody who is signed in."""

    cookies: dict[str, str]
    form_token: str


@pytest.fixture(scope="module")
def passes() -> dict[str, Pass]:
    """Everybody's session."""
    return {}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, passes: dict[str, Pass]) -> Town:
    """The town, with links for everybody and everybody signed in, in a file to be copied."""
    file = tmp_path_factory.mktemp("town") / "linnet.db"
    database = migrated(file)
    install(database, email="former-owner@x.example")
    context = Context(actor=Actor(user_id=1), database=database, publish=lambda _: None, signing_key=b"k")
    made = [
        create_link(context, "go.example", LinkDraft(original_url=f"https://example.com/{number}", path=f"p{number}")).link
        for number in range(20)
    ]
    with database.write() as work:
        work.folders.add(Folder(id=FOLDER, domain_id=1, owner_id=1, name="f", created_at=NOON))
        built = build_town(work, made, password_hash=hashed(PASSWORD))
    database.close()
    with open_site(file) as site:
        for name in built.people:
            site.client.cookies.clear()
            assert site.sign_in(email=f"{name.replace(' ', '-')}@x.example").status_code == 303
            passes[name] = Pass(dict(site.client.cookies.items()), site.form_token())
    return replace(built, file=file)


def team_things(site: Site, town: Town, link: Link) -> dict[str, Any]:
    """What there is in the town's team, made anew: a member with a permission for a link, an invitation, and a
    template of a domain."""
    owner_id, token = town.people["owner"], token_bytes(8).hex()
    with site.database.write() as work:
        email = f"{token}@x.example"
        member = work.users.add(email=email, name=None, password_hash="none", created_at=NOON)
        work.teams.save_member(Membership(team_id=town.team_id, user_id=member.id, role=Role.READ_ONLY))
        work.permissions.add(link.number, member.id, NOON)
        ends = datetime.now(UTC) + timedelta(days=1)
        invitation = Invitation(
            id=0, team_id=town.team_id, role=Role.USER, invited_by=owner_id, created_at=NOON, expires_at=ends
        )
        invitation = work.invitations.add(invitation, hashlib.sha256(token.encode()).digest())
        template = UtmTemplate(id=0, name=token, created_at=NOON, domain_id=town.domain.id, utm_source="x")
        template = work.utm_templates.save(template)
    made = {"invitation_id": invitation.id, "invitation_token": token, "template_id": template.id}
    return {"user_id": member.id} | made


def shared_report(site: Site, town: Town) -> dict[str, Any]:
    """A report that somebody shares who may, made anew."""
    token = token_bytes(8).hex()
    admin, domain = town.people["admin"], town.domain.id
    report = Report(id=0, user_id=admin, domain_id=domain, link_number=None, name="r", view="", created_at=NOON)
    with site.database.write() as work:
        work.reports.add(report, hashlib.sha256(token.encode()).digest())
    return {"report_token": token}


def own_things(site: Site, user_id: int) -> dict[str, Any]:
    """What somebody has alone, made anew: a session, an account elsewhere, a link to another password, and a key."""
    secret = token_bytes(8)
    context = Context(actor=Actor(user_id=user_id), database=site.database, publish=lambda _: None, signing_key=b"k")
    begin_session(context, method=SignInMethod.PASSWORD, second_factor=False, agent="")
    with site.database.write() as work:
        if work.folders.find(1, FOLDER) is None:
            # Somebody before has deleted it.
            work.folders.add(Folder(id=FOLDER, domain_id=1, owner_id=1, name="f", created_at=NOON))
        work.identities.add(user_id=user_id, issuer="https://id.example", subject=secret.hex(), email="", created_at=NOON)
        digest, ends = hashlib.sha256(secret.hex().encode()).digest(), datetime.now(UTC) + timedelta(hours=1)
        work.password_resets.add(user_id=user_id, digest=digest, created_at=NOON, expires_at=ends)
        _, key = new_key(work, owner_id=user_id, kind=KeyKind.SECRET, now=NOON)
        session, identity = work.sessions.search(user_id, limit=1)[0], work.identities.search(user_id)[-1]
    return {"session_id": session.id, "identity_id": identity.id, "token": secret.hex(), "key_id": key.id}


def webhook_of(site: Site, town: Town) -> dict[str, int]:
    """A webhook of the town's domain, made anew, which was told something."""
    with site.database.write() as work:
        webhook = work.webhooks.add(
            Webhook(
                id=0,
                domain_id=town.domain.id,
                kind=WebhookKind.STANDARD,
                url="https://hooks.example.com/",
                events=frozenset({WebhookEvent.LINK_CREATED}),
                description="",
                enabled=True,
                created_at=NOON,
                updated_at=NOON,
            )
        )
        work.outbox.add([webhook.id], "webhook.test", NOON)
        delivery = work.deliveries.search(webhook.id, limit=1)[0]
    return {"webhook_id": webhook.id, "delivery_id": delivery.id}


def import_of(site: Site, town: Town, user_id: int) -> dict[str, int]:
    """A file with a link for the town's domain, made anew, that somebody has uploaded."""
    content = b"url\nhttps://example.com/\n"
    wish = wish_json(CsvFormat("utf-8", ",", heads=True), {"originalURL": 0})
    values = {"domain_id": town.domain.id, "user_id": user_id, "file_name": "links.csv", "size": len(content)}
    job = LinkImport(id=0, **values, state=ImportState.UPLOADED, created_at=NOON, changed_at=NOON, wish=wish)
    with site.database.write() as work:
        import_id = work.link_imports.add(job)
        work.link_imports.add_part(import_id, 0, content)
    return {"import_id": import_id}


def things_of(site: Site, town: Town, link: Link, user_id: int) -> dict[str, Any]:
    """Whatever an address may name besides the domain, the link and the team, made anew."""
    of_domain = webhook_of(site, town) | shared_report(site, town) | import_of(site, town, user_id)
    return own_things(site, user_id) | team_things(site, town, link) | of_domain | {"name": "create-a-link"}


def address_of(page: Page, town: Town, link: Link, things: dict[str, Any]) -> str:
    """The page about the town's things, and about somebody's own."""
    values: dict[str, Any] = {"domain_id": town.domain.id, "link_id": link.id, "team_id": town.team_id, "folder_id": FOLDER}
    values |= things
    return PARAMETER.sub(lambda found: str(values[found[1]]), page.path)


@pytest.fixture(scope="module")
def any_site(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One dashboard for all pages."""
    with open_site(Path(shutil.copy(town.file, tmp_path_factory.mktemp("site") / "linnet.db"))) as opened:
        yield opened


@pytest.fixture
def site(any_site: Site, town: Town) -> Site:
    """The dashboard over the town as it was built."""
    any_site.client.cookies.clear()
    with closing(sqlite3.connect(town.file)) as built, closing(sqlite3.connect(any_site.file)) as used:
        built.backup(used)
    return any_site


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
def test_everybody_is_let_in_or_refused_as_the_rule_says(page: Page, town: Town, passes: dict[str, Pass], site: Site):
    wrong: dict[str, Any] = {}
    links = iter(town.links)
    for name, user_id in town.people.items():
        actor = user_actor(site.database, user_id)
        for maker in (user_id, town.people["admin"]):
            link = next(links)
            with site.database.write() as work:
                work.connection.exec_driver_sql("UPDATE links SET owner_id = ? WHERE id = ?", (maker, link.id))
            expected = is_let_in(page.rule, actor, town, replace(link, owner_id=maker))
            things = things_of(site, town, link, user_id)
            before = seen(site)
            status, text = ask(site, page, address_of(page, town, link, things), passes[name])
            told = f"{name}, link of {'its own' if maker == user_id else 'another'}"
            if (status in (403, 404)) is expected or status >= 500:
                wrong[told] = (status, text)
            if not expected and seen(site) != before:
                wrong[f"{told}: changed something"] = text
    assert wrong == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
def test_who_is_not_signed_in_is_asked_to(page: Page, town: Town, site: Site):
    things = things_of(site, town, town.links[0], town.people["admin"])
    before = seen(site)
    answer = site.client.request(page.method, address_of(page, town, town.links[0], things), follow_redirects=False)
    if page.rule.subject is not Subject.ANYBODY:
        led = answer.headers.get("location", "").startswith("/sign-in")
        assert led or (answer.status_code == 401 and 'action="/sign-in"' in answer.text)
        assert seen(site) == before
    assert answer.status_code < 500


def ask(site: Site, page: Page, address: str, shown: Pass) -> tuple[int, str]:
    site.client.cookies.clear()
    for name, value in shown.cookies.items():
        site.client.cookies.set(name, value)
    form = {"form_token": shown.form_token} | FORMS.get(page.path, {}) if page.method == "POST" else None
    answer = site.client.request(page.method, address, data=form, follow_redirects=False)
    alert = re.search(r'role="alert"[^>]*>([^<]*)', answer.text)
    return answer.status_code, alert[1] if alert else answer.text[:100]


def seen(site: Site) -> list[str]:
    with site.database.read() as work:
        return state_of(work, without=OF_REQUESTS)
