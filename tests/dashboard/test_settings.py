"""What people set about themselves, and what they are told, in pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.actions.notes import tell
from linnet.actions.profiles import own_profile
from linnet.actions.sign_in import user_actor
from linnet.model.profile import NoteKind
from tests.dashboard.conftest import Site, new_installation, open_site
from tests.dashboard.people import browser_of, join
from tests.support.installed import PASSWORD

AT = "/dashboard/settings"


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    return site


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[Site]:
    """The owner where letters leave the installation."""
    new_installation(tmp_path / "mailing.db")
    with open_site(tmp_path / "mailing.db", sends_mail=True) as opened:
        opened.enter()
        yield opened


def say(site: Site, kind: NoteKind, **details: object) -> None:
    context = site.context_of(user_actor(site.database, 1))
    with site.database.write() as work:
        tell(context, work, [1], kind, **details)


def test_a_name_is_saved_and_taken_back(owner: Site):
    assert owner.post(f"{AT}/name", {"name": " Ada <b> "}).status_code == 303
    page = owner.get(AT).text
    assert 'value="Ada &lt;b&gt;"' in page
    assert "Your name was saved." in page
    owner.post(f"{AT}/name", {"name": ""})
    assert own_profile(owner.context_of(user_actor(owner.database, 1)))[0].name is None


@pytest.mark.parametrize("name", ["x" * 10_000, "a\x07b"])
def test_a_name_that_cannot_be_is_refused_beside_the_field_and_kept(owner: Site, name: str):
    answer = owner.post(f"{AT}/name", {"name": name})
    assert answer.status_code == 400
    assert 'id="name-error"' in answer.text
    assert f'value="{name}"' in answer.text


def test_times_are_told_in_the_zone_that_was_chosen(owner: Site):
    say(owner, NoteKind.IMPORT_ENDED, domain="go.example", created=3, refused=1)
    assert owner.post(f"{AT}/reading", {"language": "en", "time_zone": "Asia/Tokyo"}).status_code == 303
    assert "Asia/Tokyo" in owner.get("/dashboard/notifications").text


@pytest.mark.parametrize("zone", ["", "Berlin", "+02:00", "<b>", "x" * 10_000])
def test_a_zone_that_there_is_not_is_refused_beside_the_field_and_kept(owner: Site, zone: str):
    answer = owner.post(f"{AT}/reading", {"language": "en", "time_zone": zone})
    assert answer.status_code == 400
    assert 'id="time_zone-error"' in answer.text
    assert zone in answer.text or zone == "<b>"


def test_a_language_that_there_is_not_is_refused_beside_the_field(owner: Site):
    answer = owner.post(f"{AT}/reading", {"language": "../xx", "time_zone": "UTC"})
    assert answer.status_code == 400
    assert 'id="language-error"' in answer.text


def test_without_mail_the_address_changes_at_once_and_takes_the_password(owner: Site):
    answer = owner.post(f"{AT}/email", {"email": "new@example.com", "password": "wrong"})
    assert (answer.status_code, 'id="password-error"' in answer.text) == (400, True)
    assert 'value="new@example.com"' in answer.text
    assert owner.post(f"{AT}/email", {"email": "new@example.com", "password": PASSWORD}).status_code == 303
    assert "new@example.com" in owner.get(AT).text


def test_guesses_of_the_password_are_bounded(owner: Site):
    owner.attempts.left = 0
    assert owner.post(f"{AT}/email", {"email": "new@example.com", "password": PASSWORD}).status_code == 429


def test_with_mail_the_address_changes_when_its_letter_was_followed_and_the_former_one_is_told(mailing: Site):
    assert mailing.post(f"{AT}/email", {"email": "new@example.com", "password": PASSWORD}).status_code == 303
    page = mailing.get(AT).text
    assert "A letter was sent to new@example.com." in page
    assert 'value="owner@example.com"' in page
    (letter,) = mailing.letters
    assert letter.to == "new@example.com"
    found = re.search(r"http://testserver\.local(/dashboard/settings/email/\S+)", letter.text)
    assert found is not None
    # Looking changes nothing: mail programs follow links to look at what is behind them.
    assert mailing.get(found[1]).status_code == 200
    assert 'value="owner@example.com"' in mailing.get(AT).text
    assert mailing.post(found[1]).status_code == 303
    assert 'value="new@example.com"' in mailing.get(AT).text
    assert mailing.letters[1].to == "owner@example.com"
    assert "new@example.com" in mailing.letters[1].text
    assert mailing.post(found[1]).status_code == 400


def test_a_change_of_address_is_given_up(mailing: Site):
    mailing.post(f"{AT}/email", {"email": "new@example.com", "password": PASSWORD})
    mailing.post(f"{AT}/email-stays")
    assert "A letter was sent" not in mailing.get(AT).text


def test_what_is_mailed_is_chosen(owner: Site):
    owner.post(f"{AT}/mail", {"mail": ["weekly_summary", "new_device", "nonsense"]})
    page = owner.get(AT).text
    checked = re.findall(r'name="mail" type="checkbox" value="(\w+)" checked', page)
    assert sorted(checked) == ["new_device", "weekly_summary"]
    owner.post(f"{AT}/mail")
    assert " checked" not in owner.get(AT).text


def test_who_cannot_be_mailed_is_told_where_to_read(owner: Site):
    assert "sends no mail" in owner.get(AT).text
    assert "sends no mail" in owner.get("/dashboard/notifications").text


def test_notes_are_counted_listed_and_read(owner: Site):
    assert "Nothing has happened yet." in owner.get("/dashboard/notifications").text
    say(owner, NoteKind.DOMAIN_LOST, domain="go.example", domain_id=1, state="not_configured")
    say(owner, NoteKind.WEBHOOK_DISABLED, domain="go.example", domain_id=1, url="https://example.com/<b>")
    say(owner, NoteKind.IMPORT_ENDED, domain="go.example", created=1, refused=2, path="//evil.example/")
    say(owner, NoteKind.WEEKLY_SUMMARY, domains=[{"domain": "go.example", "clicks": 5}, {"domain": "b.example", "clicks": 1}])
    say(owner, NoteKind.NEW_DEVICE, agent="Browser/1", address="192.0.2.1")
    page = owner.get("/dashboard/notifications").text
    for words in (
        "go.example does not lead here any more",
        "/dashboard/domains/1/settings/dns",
        "A webhook of go.example was switched off",
        "https://example.com/&lt;b&gt;",
        "An import into go.example has ended",
        "2 rows could not be used.",
        "6 human clicks in the last week",
        "b.example: 1 human click",
        "Browser: Browser/1",
    ):
        assert words in page
    assert "evil.example" not in page
    assert 'aria-label="5 new notifications"' in page
    newest = re.search(r'name="up_to" value="(\d+)"', page)
    assert newest is not None
    owner.post("/dashboard/notifications", {"up_to": newest[1]})
    page = owner.get("/dashboard/notifications").text
    assert 'aria-label="Notifications"' in page
    assert "Mark all as read" not in page


@pytest.mark.parametrize("kind", NoteKind)
def test_a_note_without_details_is_still_a_page(owner: Site, kind: NoteKind):
    say(owner, kind)
    assert owner.get("/dashboard/notifications").status_code == 200


def test_a_browser_that_was_not_seen_before_is_told_of_and_its_next_version_is_not(site: Site):
    site.sign_in(user_agent="Firefox/1.0")
    assert 'aria-label="Notifications"' in site.get("/dashboard/overview").text
    site.sign_in(user_agent="Firefox/2.0")
    assert 'aria-label="Notifications"' in site.get("/dashboard/overview").text
    site.sign_in(user_agent="Chrome/1.0")
    assert 'aria-label="1 new notification"' in site.get("/dashboard/overview").text
    assert "Browser: Chrome/1.0" in site.get("/dashboard/notifications").text


def test_others_have_their_own_settings(owner: Site):
    join(owner, "b@example.com")
    owner.post(f"{AT}/name", {"name": "Ada"})
    with browser_of(owner, "b@example.com"):
        page = owner.get(AT).text
        assert 'value="Ada"' not in page
        assert 'value="b@example.com"' in page
