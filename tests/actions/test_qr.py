"""Who may draw codes, and whose drawing the public image follows."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from linnet.actions.drawings import Drawings
from linnet.actions.logos import Logos
from linnet.actions.qr import QrWish, Studio, folder_style, generate_qr_code, generate_qr_codes_bulk, qr_code_image, wish_of
from linnet.model.access import Actor, KeyKind, Membership, Role
from linnet.model.errors import InvalidField, LinkNotFound, NotAllowed, QrCodeNotDrawn, TooLarge
from linnet.model.grouping import Folder
from linnet.network.fetch import FetchOptions
from linnet.qr.draw import draw
from linnet.qr.style import ImageType, QrStyle
from linnet.storage.tables import domains
from tests.actions.conftest import House
from tests.support.codes import read_code
from tests.support.moments import NOON

RED = QrWish(use_domain_settings=False, color="8b0000")


@pytest.fixture
def studio(house: House) -> Studio:
    return Studio(house.database, Logos(FetchOptions()), Drawings(), lambda domain, path: f"https://{domain.hostname}/{path}")


def reader(house: House) -> Actor:
    """Somebody who may only look at what is in the domain."""
    with house.database.write() as work:
        team = work.teams.add("Readers", NOON)
        user = work.users.add(email="reader@example.com", name=None, password_hash="none", created_at=NOON)
        work.connection.execute(update(domains).values(team_id=team.id))
    memberships = (Membership(team_id=team.id, user_id=user.id, role=Role.READ_ONLY),)
    return Actor(user_id=user.id, key_kind=KeyKind.SECRET, memberships=memberships)


def owner_of_team(house: House, actor: Actor) -> Actor:
    team_id = actor.memberships[0].team_id
    user_id = house.domain.owner_id
    return replace(actor, user_id=user_id, memberships=(Membership(team_id=team_id, user_id=user_id, role=Role.OWNER),))


def test_who_only_reads_draws_and_leaves_the_public_image_alone(house: House, studio: Studio):
    link = house.create(path="abc").link
    watching = house.as_actor(reader(house))
    assert read_code(generate_qr_code(watching, studio, link.id, RED).data) == "https://go.example/abc?_qr"
    with pytest.raises(QrCodeNotDrawn):
        qr_code_image(studio, "go.example", link.id)
    with pytest.raises(NotAllowed):
        generate_qr_code(watching, studio, link.id, RED, for_url=True)
    owning = house.as_actor(owner_of_team(house, watching.actor))
    drawn = generate_qr_code(owning, studio, link.id, QrWish())
    generate_qr_code(watching, studio, link.id, RED, for_url=True)
    assert qr_code_image(studio, "go.example", link.id).data == drawn.data


def test_the_public_image_follows_the_links_address(house: House, studio: Studio):
    link = house.create(path="before").link
    generate_qr_code(house.context, studio, link.id, RED)
    with house.database.write() as work:
        work.links.save(replace(link, path="after"), "after")
    image = qr_code_image(studio, "GO.example", link.id)
    assert read_code(image.data) == "https://go.example/after?_qr"


def test_many_codes_are_drawn_within_a_bound(house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch):
    ids = [house.create(f"https://example.com/{number}").link.id for number in range(3)]
    archive = generate_qr_codes_bulk(house.context, studio, ids, QrWish(size=99))
    monkeypatch.setattr("linnet.actions.qr.MAX_ZIP_BYTES", len(archive) // 2)
    with pytest.raises(TooLarge, match="smaller size"):
        generate_qr_codes_bulk(house.context, studio, ids, QrWish(size=99))
    with pytest.raises(LinkNotFound):
        generate_qr_codes_bulk(house.context, studio, [*ids, "lnk_1_x"], QrWish())


def test_logos_of_many_codes_are_fetched_for_a_bounded_time(
    house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def find(_: Logos, url: str | None, *, may_fetch: bool = True) -> None:
        asked.append(may_fetch)

    monkeypatch.setattr(Logos, "find", find)
    ids = [house.create(f"https://example.com/{number}").link.id for number in range(2)]
    generate_qr_codes_bulk(house.context, studio, ids, QrWish())
    monkeypatch.setattr("linnet.actions.qr.MAX_LOGO_SECONDS", 0)
    generate_qr_codes_bulk(house.context, studio, ids, QrWish())
    assert asked == [True, True, False, False]


def folder(**fields: object) -> Folder:
    return Folder(id="f", domain_id=1, owner_id=1, name="f", created_at=NOON, **fields)  # type: ignore[arg-type]


def test_a_folder_has_a_style_when_it_says_something_about_it():
    assert folder_style(folder(icon="star", logo_width=10)) is None
    assert folder_style(folder(ec_level="Q")) == QrStyle(ec_level="Q")
    assert folder_style(folder(logo_url="https://example.com/l.png", logo_width=640)) == QrStyle(
        logo_url="https://example.com/l.png", logo_width=100
    )
    with pytest.raises(InvalidField, match="alike"):
        folder_style(folder(color="FFFFFF"))


@pytest.mark.parametrize("wish", [QrWish(), RED, QrWish(type=ImageType.SVG, size=3, no_excavate=False)])
def test_a_wish_survives_its_json(wish: QrWish):
    assert wish_of(wish.json()) == wish


def test_the_same_drawing_is_made_once_and_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.actions.drawings._MOST", 8)
    drawings = Drawings()
    first = drawings.draw("https://go.example/a", QrStyle(), None)
    assert drawings.draw("https://go.example/a", QrStyle(), None) is first
    assert drawings.draw("https://go.example/a", QrStyle(color="111111"), None) is not first
    for number in range(8):
        drawings.draw(f"https://go.example/{number}", QrStyle(size=1), None)
    again = drawings.draw("https://go.example/a", QrStyle(), None)
    assert again is not first
    assert again == first == draw("https://go.example/a", QrStyle())
