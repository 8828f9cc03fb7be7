"""What values of statistics are called by people, in English."""

from functools import lru_cache
from typing import Final

from linnet.model.statistics import Top

_FLAGS: Final = {
    "human": {"true": "Human", "false": "Bot"},
    "scan": {"true": "QR code", "false": "Link"},
}
# What is not written with one capital at the front.
_NETWORKS: Final = {
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
    "tiktok": "TikTok",
    "whatsapp": "WhatsApp",
    "vk": "VK",
    "xing": "XING",
    "line": "LINE",
}


def display_name(column: str, top: Top) -> str:
    """How people read the value of a row of the top list of a click's field ``column``."""
    match column:
        case "country":
            return country_name(top.value)
        case "region":
            return f"{top.value}, {country_name(top.detail)}" if top.detail else top.value
        case "language":
            return language_name(top.value)
        case "social":
            return network_name(top.value)
        case "device":
            return top.value.capitalize()
    return _FLAGS.get(column, {}).get(top.value, top.value)


def network_name(network: str) -> str:
    """The name of a social network."""
    return _NETWORKS.get(network, network.title())


@lru_cache(512)
def country_name(code: str) -> str:
    """The English name of an ISO 3166-1 alpha-2 code; the code itself when it is not one."""
    from pycountry import countries

    country = countries.get(alpha_2=code) if len(code) == 2 else None
    return str(getattr(country, "common_name", None) or country.name) if country is not None else code


@lru_cache(512)
def language_name(code: str) -> str:
    """The English name of a language's code of two or three letters (ISO 639); the code itself when it is not one."""
    from pycountry import languages

    language = languages.get(**{f"alpha_{len(code)}": code}) if len(code) in (2, 3) else None
    if language is None:
        return code
    # Without the years that tell old from new: Modern Greek (1453-).
    return str(getattr(language, "common_name", None) or language.name).partition(" (")[0]
