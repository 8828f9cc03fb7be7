"""Where a visitor came from: the referring host, and the social network it belongs to."""

from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_REMEMBERED = 8192
_MAX_HOST = 253
_NETWORKS: Final = {
    "facebook": ("facebook.com", "fb.com", "fb.me", "messenger.com"),
    "twitter": ("twitter.com", "x.com", "t.co"),
    "linkedin": ("linkedin.com", "lnkd.in"),
    "instagram": ("instagram.com",),
    "youtube": ("youtube.com", "youtu.be"),
    "pinterest": ("pinterest.com", "pin.it"),
    "reddit": ("reddit.com", "redd.it"),
    "tiktok": ("tiktok.com",),
    "whatsapp": ("whatsapp.com", "wa.me"),
    "telegram": ("telegram.org", "telegram.me", "t.me"),
    "vk": ("vk.com", "vk.ru"),
    "snapchat": ("snapchat.com",),
    "threads": ("threads.net", "threads.com"),
    "bluesky": ("bsky.app",),
    "mastodon": ("mastodon.social", "joinmastodon.org"),
    "discord": ("discord.com", "discord.gg"),
    "slack": ("slack.com",),
    "tumblr": ("tumblr.com",),
    "quora": ("quora.com",),
    "xing": ("xing.com",),
    "weibo": ("weibo.com",),
    "line": ("line.me",),
}
_APPS: Final = {
    "com.facebook.katana": "facebook",
    "com.facebook.orca": "facebook",
    "com.twitter.android": "twitter",
    "com.linkedin.android": "linkedin",
    "com.instagram.android": "instagram",
    "com.google.android.youtube": "youtube",
    "com.pinterest": "pinterest",
    "com.reddit.frontpage": "reddit",
    "org.telegram.messenger": "telegram",
    "com.slack": "slack",
}
_NETWORK_OF: Final = {host: network for network, hosts in _NETWORKS.items() for host in hosts} | _APPS


class Referrer(NamedTuple):
    """The host that a Referer header names, and the social network it belongs to; unknown is ""."""

    host: str
    social: str


@lru_cache(_REMEMBERED)
def referrer_of(referrer: str) -> Referrer:
    """What a Referer header tells; one that is no URL has no host."""
    host = host_in(referrer).removeprefix("www.")[:_MAX_HOST]
    return Referrer(host, _network(host) if host else "")


def host_in(referrer: str) -> str:
    """The host that a Referer header names, in lower case; "" for one that is no URL."""
    try:
        return urlsplit(referrer).hostname or ""
    except ValueError:
        return ""


def _network(host: str) -> str:
    labels = host.split(".")
    for start in range(len(labels) - 1):
        network = _NETWORK_OF.get(".".join(labels[start:]))
        if network is not None:
            return network
    # Country variants such as pinterest.de belong to the network as well.
    if len(labels) >= 2 and labels[-2] in ("pinterest", "facebook", "linkedin"):
        return labels[-2]
    return ""
