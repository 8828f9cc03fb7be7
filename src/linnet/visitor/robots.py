"""Programs that follow links unasked, told by their User-Agent before a redirect: previews in chats, and robots at large."""

import re
from functools import lru_cache
from typing import Final

_REMEMBERED: Final = 4096

# Who shows what is behind a link where somebody wrote it. Several names also stand in browsers inside the same apps
# ("[Pinterest/iOS]", "Slack/4.29" in a desktop window), so that only those of the programs are here.
_PREVIEW: Final = re.compile(
    rb"facebookexternalhit|facebot\b|meta-external(?:hit|fetcher)|twitterbot|linkedinbot|slackbot|discordbot|telegrambot"
    rb"|pinterest(?:bot|/0|\.com/bot)|skypeuripreview|microsoftpreview|bingpreview|google web preview"
    rb"|google\.com/\+/web/snippet|google-pagerenderer|yahoo link preview|embedly|iframely|redditbot|vkshare|vkrobot|odklbot"
    rb"|mastodon|pleroma|akkoma|misskey|summalybot|friendica|lemmy|mbinbot|bluesky|cardyb|synapse|matrix-media|keybasebot"
    rb"|mattermost-bot|rocket\.chat|zulip|discourse forum onebox|snap ?url ?preview|linespider|line-poker|kakaotalk-scrap"
    rb"|groupmebot|steamchaturllookup|flipboardproxy|evernoterichlink|dingtalkbot|quora-bot|quora link|mediumbot|xing bot"
    rb"|everyonesocialbot|loomlybot|codabot|goodreads|gg peekbot|tweetmemebot|opengraph|unfurl|link[ -]?preview"
    # These say nothing else: with a browser's name before them they are apps in which people read.
    rb"|\A(?:whatsapp|viber|tumblr/|notion/|ning/|signal/|apple-?messages|linkpresentation)"
)
# What robots call themselves. Libraries (curl, requests) are not meant: whoever runs one followed the link on purpose. And
# Cubot makes telephones.
_ROBOT: Final = re.compile(
    rb"(?<!cu)bot|crawl|spider|slurp|scrap[ei]|archiv|index(?:er|ing)|search(?:engine|/|\.)|monitor|uptime|pingdom|synthetic"
    rb"|scanner|validator|preview|prefetch|fetcher|lighthouse|feed|\brss|oldreader|inoreader|favicon|xrawler"
    rb"|google-(?:inspection|safety|site|read|ads|physical|cert)|playstore-google|mediapartners|googleother|facebookcatalog"
    rb"|meta-external|meta-web|hatena|yandex(?:\.com/|images|metrika)|coccoc|daumoa|gigablast|biglotron|funnelback|ichiro/"
    rb"|owler|imgproxy|imageproxy|mailproxy|compatible; (?!msie|konqueror|googletoolbar)|https?://|anthropic|cohere|-ai\b"
)


@lru_cache(_REMEMBERED)
def is_preview(user_agent: bytes) -> bool:
    """Whether a program asks in order to show what is behind a link: in a chat, a post, a mail. Apple's Messages calls itself
    Facebook's and Twitter's."""
    return _PREVIEW.search(user_agent.lower()) is not None


@lru_cache(_REMEMBERED)
def is_robot(user_agent: bytes) -> bool:
    """Whether a program asks of its own accord: for a preview, a search engine, a survey. What calls itself nothing of the kind
    is taken for somebody who meant to follow the link."""
    return is_preview(user_agent) or _ROBOT.search(user_agent.lower()) is not None
