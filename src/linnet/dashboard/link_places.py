"""Places in the link form: countries and regions, by their names or by their codes."""

from functools import cache
from typing import Final

from linnet.actions.statistics_names import country_name
from linnet.dashboard.texts import gettext, ngettext
from linnet.model.errors import InvalidField
from linnet.model.targeting import COUNTRIES, EUROPEAN_UNION, Place, clean_place
from linnet.visitor.regions import region_code, regions_of

# Of the codes that the contract has beside countries, only the European Union's says what it means.
_NO_COUNTRIES: Final = frozenset({"QF", "QS", "QE", "QO", "QN", "QT"})
_SHOWN: Final = 40


def countries() -> list[tuple[str, str]]:
    """The codes of countries with their names, by name; the European Union first."""
    named = sorted((_name(code), code) for code in COUNTRIES - _NO_COUNTRIES - {EUROPEAN_UNION})
    return [(EUROPEAN_UNION, _name(EUROPEAN_UNION)), *((code, name) for name, code in named)]


def country_code(text: str) -> str:
    """The code of a country that somebody typed, by its code or its English name; the text itself when it is neither."""
    code = text.strip().upper()
    return code if code in COUNTRIES else _codes().get(text.strip().casefold(), text)


def region_in(country: str, text: str) -> str:
    """The code, without the country, of a region that somebody typed, by its code or its name; the text itself when it is
    neither. ``country`` is a code."""
    known, name = regions_of(country), text.strip()
    if not known:
        return text
    code = name.upper().removeprefix(f"{country}-")
    if code in known:
        return code
    named = [each for each, called in known.items() if called.casefold() == name.casefold()]
    return named[0] if len(named) == 1 else region_code(country, name) or text


def region_choices(country: str) -> list[tuple[str, str]]:
    """What may be typed for a region of a country that somebody typed, each with what else it is called."""
    known = regions_of(country_code(country))
    names = list(known.values())
    return [(name, code) if names.count(name) == 1 else (code, name) for code, name in known.items()]


def place_told(country: str, region: str) -> str:
    """How a place that somebody typed was understood; "" where the country was not."""
    code = country_code(country)
    if code not in COUNTRIES:
        return ""
    known = regions_of(code)
    if region:
        found = region_in(code, region)
        return f"{known[found]}, {_name(code)}" if found in known else _no_region(code, region)
    if not known:
        return _name(code)
    told = ngettext("%(country)s, with %(num)d region to choose", "%(country)s, with %(num)d regions to choose", len(known))
    return told % {"country": _name(code), "num": len(known)}


def read_place(country: str, region: str, url: str) -> Place:
    """The place of a row of the form; InvalidField for what is no place, or has no destination."""
    code = country_code(country)
    if not country:
        raise InvalidField(gettext("Choose a country, such as Germany, or type its code, DE."), field="country")
    if code not in COUNTRIES:
        told = gettext("There is no country '%(text)s': choose one of the list, such as Germany, or type its code, DE.")
        raise InvalidField(told % {"text": country[:_SHOWN]}, field="country")
    found = region_in(code, region) if region else ""
    if found and found not in regions_of(code):
        raise InvalidField(_no_region(code, region), field="region")
    return clean_place(Place(country=code, region=found, original_url=url))


def _no_region(code: str, text: str) -> str:
    """Why a region cannot be taken, with some that could."""
    known = regions_of(code)
    if not known:
        return gettext("%(country)s is not divided into regions here: leave this empty.") % {"country": _name(code)}
    some = ", ".join(f"{name} ({each})" for each, name in list(known.items())[:2])
    told = gettext("'%(text)s' is no region of %(country)s: choose one of the list, by its name or code, such as %(some)s.")
    return told % {"text": text[:_SHOWN], "country": _name(code), "some": some}


def _name(code: str) -> str:
    return "European Union" if code == EUROPEAN_UNION else country_name(code)


@cache
def _codes() -> dict[str, str]:
    # The United Kingdom's code is typed as its domains have it.
    return {name.casefold(): code for code, name in countries()} | {"uk": "GB"}
