"""User agents: browsers and systems under the contract's labels, and bots by the rule that knows them."""

import subprocess
import sys

import pytest

from linnet.model.targeting import Handheld
from linnet.visitor.agent import agent_of, handheld_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/120.0.0.0 Safari/537.36",
            ("Chrome", "120", "Windows", "desktop"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36",
            ("Chrome Mobile", "120", "Android", "mobile"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 13; SM-X700) {WEBKIT} Chrome/119.0 Safari/537.36",
            ("Chrome", "119", "Android", "tablet"),
        ),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) {IPHONE}", ("Mobile Safari", "17", "iOS", "mobile")),
        (f"Mozilla/5.0 (iPad; CPU OS 16_2 like Mac OS X) {IPHONE}", ("Mobile Safari", "17", "iOS", "tablet")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", ("Firefox", "121", "Linux", "desktop")),
        ("something that nobody knows", ("", "", "", "desktop")),
    ],
)
def test_people_are_told_by_browser_system_and_device(user_agent: str, expected: tuple[str, ...]) -> None:
    agent = agent_of(user_agent)
    assert (agent.browser, agent.browser_version, agent.os, agent.device) == expected
    assert (agent.human, agent.bot) == (True, "")


@pytest.mark.parametrize(
    ("user_agent", "bot"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "facebookexternalhit"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.31.0", "python-requests"),
        ("", "empty user agent"),
        (" \x1f ", "empty user agent"),
        ("Mozilla/5.0", "placeholder user agent"),
        ("GuzzleHttp/7", "HTTP library"),
        ("k6/0.49.0 (https://k6.io/)", "load test"),
        ("ELB-HealthChecker/2.0", "health check"),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", "mail scanner"),
    ],
)
def test_bots_are_told_by_the_rule_that_knows_them(user_agent: str, bot: str) -> None:
    agent = agent_of(user_agent)
    assert (agent.human, agent.device) == (False, "bot")
    assert agent.bot.lower().startswith(bot.lower())


def test_labels_are_bounded_whatever_is_sent() -> None:
    agent = agent_of("x" * 5000 + "/" + "9" * 5000)
    assert all(len(str(field)) <= 100 for field in agent)


def test_the_rules_are_loaded_when_they_are_first_asked_for() -> None:
    program = "import sys, linnet.visitor.agent; print('ua_parser' in sys.modules, 'crawleruseragents' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) {IPHONE}", Handheld.APPLE),
        (f"Mozilla/5.0 (iPad; CPU OS 16_2 like Mac OS X) {IPHONE}", Handheld.APPLE),
        (f"Mozilla/5.0 (iPod touch; CPU iPhone OS 12_0 like Mac OS X) {IPHONE}", Handheld.APPLE),
        (f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {WEBKIT} Chrome/120.0.0.0 Mobile Safari/537.36", Handheld.ANDROID),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X700) {WEBKIT} Chrome/119.0 Safari/537.36", Handheld.ANDROID),
        (f"Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) {WEBKIT} Edge/15.15254", Handheld.NONE),
        ("Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; IEMobile/11.0) like iPhone OS 7_0_3", Handheld.NONE),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/120.0.0.0 Safari/537.36", Handheld.NONE),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.2 Safari/605.1.15", Handheld.NONE),
        ("", Handheld.NONE),
    ],
)
def test_telephones_are_told_by_a_few_words(user_agent: str, expected: Handheld) -> None:
    assert handheld_of(user_agent.encode()) is expected
