"""What rules ask of a User-Agent, beside what ua-parser says of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.conditions import BROWSERS, DEVICES, OSES
from linnet.visitor.agent import agent_of, family_of

# Real ones of each kind: system, browser and device, a tab, the header.
AGENTS = [line.split("\t") for line in Path(__file__).with_name("agents.txt").read_text().splitlines()]
SYSTEMS = {"iOS": "ios", "Android": "android", "Windows": "windows", "Mac OS X": "macos", "Linux": "linux", "Ubuntu": "linux"}
SYSTEMS |= {"Chrome OS": "chromeos"}
FAMILIES = {
    "chrome": ("Chrome", "Chrome Mobile", "Chrome Mobile iOS", "Chrome Mobile WebView", "HeadlessChrome", "Chromium"),
    "firefox": ("Firefox", "Firefox Mobile", "Firefox iOS"),
    "safari": ("Safari", "Mobile Safari"),
    "edge": ("Edge", "Edge Mobile"),
    "opera": ("Opera", "Opera Mobile", "Opera Touch", "Opera Mini"),
    "samsung": ("Samsung Internet",),
}
NAMES = {family: name for name, families in FAMILIES.items() for family in families}
# ua-parser takes the browser of a console for Safari.
DIFFERS = ("PlayStation",)


@pytest.mark.parametrize(("expected", "user_agent"), AGENTS)
def test_systems_browsers_and_devices_are_told_by_a_few_words(expected: str, user_agent: str):
    assert " ".join(family_of(user_agent.encode())) == expected


@pytest.mark.parametrize("user_agent", [agent for _, agent in AGENTS if not any(word in agent for word in DIFFERS)])
def test_they_are_the_same_as_in_statistics(user_agent: str):
    family, agent = family_of(user_agent.encode()), agent_of(user_agent)
    assert family.os == SYSTEMS.get(agent.os, "other")
    assert family.browser == NAMES.get(agent.browser, "other")
    assert agent.device in (family.device, "bot")


@pytest.mark.parametrize("user_agent", [b"", b"   "])
def test_no_user_agent_tells_nothing(user_agent: bytes):
    assert family_of(user_agent) == ("", "", "")


@given(st.binary(min_size=1, max_size=200))
def test_whatever_is_sent_has_a_name_or_none(user_agent: bytes):
    os, browser, device = family_of(user_agent)
    assert (os in OSES and browser in BROWSERS and device in DEVICES) or (os, browser, device) == ("", "", "")
