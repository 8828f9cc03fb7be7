"""The regions of countries."""

import pytest

from linnet.model.targeting import COUNTRIES, clean_region
from linnet.visitor.regions import regions_of


def test_regions_have_their_codes_without_the_country_and_are_sorted_by_name():
    states = regions_of("US")
    assert (states["CA"], states["DC"], len(states)) == ("California", "District of Columbia", 57)
    assert list(states.values()) == sorted(states.values())
    assert regions_of("DE")["BY"] == "Bayern"
    assert regions_of("SG")["01"] == "Central Singapore"


@pytest.mark.parametrize("country", ["XK", "EU", "QT", "us", "", "\0"])
def test_what_is_not_divided_has_no_regions(country: str):
    assert dict(regions_of(country)) == {}


def test_every_region_of_every_country_can_be_written_as_targeting_takes_it():
    for country in COUNTRIES:
        for code in regions_of(country):
            assert clean_region(f"{country}-{code}".lower(), country) == code
