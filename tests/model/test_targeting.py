"""Targeting by place."""

import pytest

from linnet.model.errors import InvalidField
from linnet.model.targeting import COUNTRIES, Place, clean_country, clean_place, clean_region, destination_for


def test_the_list_of_countries_is_the_contracts():
    assert len(COUNTRIES) == 257
    assert {"EU", "XK", "QE", "QF", "QN", "QO", "QS", "QT", "GB"} <= COUNTRIES
    assert not {"UK", "XX", "ZZ", ""} & COUNTRIES


def test_a_place_is_kept_in_capitals_without_the_country_in_its_region():
    place = clean_place(Place(country=" us", region="us-ca ", original_url=" https://example.com/ "))
    assert (place.country, place.region, place.original_url) == ("US", "CA", "https://example.com/")
    assert clean_place(Place(country="de", region="", original_url="https://example.com/")).region == ""


@pytest.mark.parametrize("country", ["UK", "USA", "", "D E", "\0", "ﬁ"])
def test_what_is_no_country_is_refused(country: str):
    with pytest.raises(InvalidField, match="GB" if country == "UK" else "ISO 3166-1"):
        clean_country(country)


@pytest.mark.parametrize("region", ["", "ABCD", "DE-BY", "US-US-CA", "É", "C A", "²"])
def test_what_is_no_region_code_is_refused(region: str):
    with pytest.raises(InvalidField) as refusal:
        clean_region(region, "US")
    assert refusal.value.field == "region"


def test_a_region_counts_before_its_country():
    places = {("US", "CA"): "california", ("US", ""): "america", ("DE", "BY"): "bavaria"}
    assert destination_for(places, "US", "CA") == "california"
    assert destination_for(places, "US", "NY") == "america"
    assert destination_for(places, "US", "") == "america"
    assert destination_for(places, "DE", "BE") is None
