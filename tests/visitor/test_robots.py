"""Programs and people, told apart by User-Agents that were seen in the wild."""

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from linnet.visitor.robots import is_preview, is_robot

PREVIEWS = {
    "Facebook": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Messages of Apple": (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
        "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
    ),
    "X": "Twitterbot/1.0",
    "LinkedIn": "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Slack": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Discord": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Telegram": "TelegramBot (like TwitterBot)",
    "WhatsApp": "WhatsApp/2.23.20.0",
    "WhatsApp on a telephone": "WhatsApp/2.24.1.78 A",
    "Pinterest": "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)",
    "Skype and Teams": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Microsoft": "Mozilla/5.0 (compatible; MicrosoftPreview/2.0; +https://aka.ms/MicrosoftPreview)",
    "Bing": "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    "Google": (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/56.0.2924.87 Safari/537.36 "
        "Google (+https://developers.google.com/+/web/snippet/)"
    ),
    "Mastodon": "Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.example/) Bot",
    "Bluesky": "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
    "Viber": "Viber/13.3.0.22 CFNetwork/1333.0.4 Darwin/21.5.0",
    "VK": "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Reddit": "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    "Embedly": "Mozilla/5.0 (compatible; Embedly/0.2; +http://support.embed.ly/)",
    "Iframely": "Iframely/1.3.1 (+https://iframely.com/docs/about) Atlassian",
    "Snapchat": "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots",
    "Kakao": "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
    "Line": "facebookexternalhit/1.1;line-poker/1.0",
    "Matrix": "Synapse (bot; +https://github.com/matrix-org/synapse)",
}
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
PEOPLE = {
    "Chrome": CHROME,
    "Safari": f"{PHONE} Version/17.5 Mobile/15E148 Safari/604.1",
    "Firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Internet Explorer": "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
    "a Cubot": "Mozilla/5.0 (Linux; Android 11; CUBOT X30) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36",
    "inside Facebook": f"{PHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/450.0.0.38.108;FBBV/564431005;FBDV/iPhone14,5;FBMD/iPhone]",
    "inside Instagram": f"{PHONE} Mobile/15E148 Instagram 320.0.0.0.0 (iPhone14,5; iOS 17_5; en_US; scale=3.00)",
    "inside Pinterest": f"{PHONE} Mobile/15E148 [Pinterest/iOS]",
    "inside X": f"{PHONE} Mobile/15E148 Twitter for iPhone/10.50",
    "inside LinkedIn": f"{PHONE} Mobile/15E148 [LinkedInApp]/9.29.7",
    "inside Snapchat": f"{PHONE} Mobile/15E148 Snapchat/12.84.0.42 (like Safari/8617.2.4, panda)",
    "inside Line": f"{PHONE} Mobile/15E148 Safari Line/14.5.0",
    "inside Naver": f"{PHONE} Mobile/15E148 NAVER(inapp; search; 2000; 12.8.3; 14PRO)",
    "inside Kakao": f"{PHONE} Mobile/15E148 KAKAOTALK 10.6.5",
    "inside Telegram": f"{PHONE} Mobile/15E148 Telegram-iOS/10.12",
    "Slack's window": f"{CHROME} Slack_SSB/4.29.149 Electron/23.1.2",
    "Discord's window": f"{CHROME} discord/1.0.9163 Electron/28.2.10",
    "Teams' window": f"{CHROME} Teams/1.6.00.1381 Electron/10.4.7",
    "Skype's window": f"{CHROME} Skype/8.98.0.206 Electron/19.1.8",
    "Google's app": f"{PHONE} GSA/316.0.627885223 Mobile/15E148 Safari/604.1",
}
# What data about crawlers calls previews, and is none: proxies for images, checks of other kinds, an app in which people read,
# and names that nobody else knows.
NO_PREVIEWS = (
    "slack-imgproxy|jetslide|newsharecounts|hatena|addthis|externalagent|tiktokspider|webindexer|aasa-bot|metaiab|supabase"
    "|fastmailua|github-camo|googleimageproxy|(dbot)|shortwave image|twilioproxy|yahoomailproxy|listgembot|9bot"
).split("|")
# Search engines of which no word says so.
NAMELESS = "wesee:search|globalwebsearchx|searcherweb|searcherxweb|searchexpress|theinternetsearchx|geedo".split("|")


def seen(tag: str) -> list[str]:
    return [agent for rule in CRAWLER_USER_AGENTS_DATA if tag in rule["tags"] for agent in rule["instances"]]


@pytest.mark.parametrize("name", PREVIEWS)
def test_programs_that_preview_links_are_known(name: str):
    assert is_preview(PREVIEWS[name].encode())
    assert is_robot(PREVIEWS[name].encode())


@pytest.mark.parametrize("name", PEOPLE)
def test_people_are_no_robots_whatever_app_they_read_in(name: str):
    assert not is_preview(PEOPLE[name].encode())
    assert not is_robot(PEOPLE[name].encode())


@pytest.mark.parametrize("agent", ["", "curl/8.5.0", "python-requests/2.32.3", "node", "Wget/1.21", "\xff\x00"])
def test_whoever_runs_a_library_meant_to_follow_the_link(agent: str):
    assert not is_robot(agent.encode("latin-1"))


def test_what_data_about_crawlers_calls_a_preview_is_one():
    missed = [agent for agent in seen("social-preview") if not is_preview(agent.encode())]
    assert [agent for agent in missed if not any(name in agent.lower() for name in NO_PREVIEWS)] == []


def test_search_engines_are_robots_and_preview_nothing():
    agents = seen("search-engine")
    assert len(agents) > 300
    missed = [agent for agent in agents if not is_robot(agent.encode())]
    assert [agent for agent in missed if not any(name in agent.lower() for name in NAMELESS)] == []
    shown = [agent for agent in agents if is_preview(agent.encode())]
    assert [agent for agent in shown if "preview" not in agent.lower() and "snippet" not in agent] == []


@pytest.mark.parametrize(("tag", "share"), [("seo", 0.8), ("monitoring", 0.7), ("ai-crawler", 0.9), ("feed-reader", 0.9)])
def test_most_other_robots_say_what_they_are(tag: str, share: float):
    agents = seen(tag)
    assert sum(is_robot(agent.encode()) for agent in agents) >= share * len(agents)
