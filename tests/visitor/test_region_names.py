"""Names of regions, as geo databases write them, and their codes."""

import pytest

from linnet.model.targeting import COUNTRIES
from linnet.visitor.region_names import other_names
from linnet.visitor.regions import region_code, regions_of


@pytest.mark.parametrize(
    ("country", "name", "code"),
    [
        ("US", "California", "CA"),
        ("US", "District of Columbia", "DC"),
        ("DE", "Bavaria", "BY"),
        ("DE", "Bayern", "BY"),
        ("DE", "Baden-Wurttemberg", "BW"),
        ("DE", "Saxony", "SN"),
        ("DE", "Saxony-Anhalt", "ST"),
        ("CN", "Guangdong", "GD"),
        ("KR", "Seoul", "11"),
        ("SE", "Vastra Gotaland", "O"),
        ("BR", "Sao Paulo", "SP"),
        ("RU", "Moscow", "MOW"),
        ("RU", "Moscow Oblast", "MOS"),
        ("GB", "England", "ENG"),
        ("US", "Bavaria", ""),
        ("US", "", ""),
        ("XK", "Pristina", ""),
        ("", "", ""),
    ],
)
def test_a_region_is_known_by_the_names_that_databases_use(country: str, name: str, code: str) -> None:
    assert region_code(country, name) == code


def test_every_region_has_the_code_of_its_name_unless_others_have_that_name_too() -> None:
    for country in COUNTRIES:
        names = list(regions_of(country).values())
        for code, name in regions_of(country).items():
            if names.count(name) == 1:
                assert region_code(country, name) == code
            else:
                assert regions_of(country).get(region_code(country, name), name) == name


def test_a_name_that_two_regions_share_tells_neither_unless_one_is_meant() -> None:
    assert region_code("TW", "Chiayi") == ""
    assert region_code("MZ", "Maputo Province") == ""
    assert region_code("ES", "La Rioja") == "RI"


def test_all_other_names_are_of_regions_that_there_are() -> None:
    named = {country: other_names(country) for country in COUNTRIES}
    assert sum(map(len, named.values())) > 200
    assert [
        (country, name, code)
        for country, names in named.items()
        for name, code in names.items()
        if code not in regions_of(country)
    ] == []
