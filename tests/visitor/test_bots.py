"""Rules that tell clicks of programs from those of people."""

import hashlib
import re
import time
from pathlib import Path

import pytest

from linnet.compose.serving import Serving
from linnet.settings import read_settings
from linnet.visitor import bots
from linnet.visitor.agent import agents_by
from linnet.visitor.bots import BotRules, InvalidRules, bot_of_request, load_rules, packaged_rules, read_rules

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
OWN = b"""
version = 7

[[rules]]
name = "our monitor"
user_agent = "Chrome/120.*OurMonitor"
reason = "It asks every minute."

[[rules]]
name = "our googlebot"
user_agent = "Googlebot"

[[rules]]
name = "gone by Chrome"
user_agent = "Chrome/120"
status = [404, 410]
method = ["GET"]
"""


@pytest.fixture
def own(tmp_path: Path) -> BotRules:
    (tmp_path / "own.toml").write_bytes(OWN)
    return load_rules(tmp_path / "own.toml")


def test_what_was_asked_and_answered_may_tell_a_bot_by_a_rules_name():
    assert bot_of_request(CHROME, "GET", 302) == ""
    assert bot_of_request(CHROME, "HEAD", 302) == "HEAD request"
    assert bot_of_request(CHROME, "GET", 403) == "locked page"


def test_every_packaged_rule_says_why_and_has_a_name_of_its_own():
    rules = packaged_rules().rules
    assert all(rule.reason for rule in rules)
    assert len({rule.name for rule in rules}) == len(rules)


def test_packaged_rules_count_their_version_up_when_they_change():
    # Who changes the rules counts the version up, and writes the new digest here.
    content = Path(bots.__file__).with_name("bots.toml").read_bytes()
    assert (packaged_rules().version, hashlib.sha256(content).hexdigest()[:12]) == ("1", "e10f16b92e25")


def test_rules_of_crawler_user_agents_are_called_by_readable_names():
    assert [bots.rule_name(pattern) for pattern in ("[wW]get", "Googlebot\\/", "^Mozilla\\/5\\.0 [ab]x$", "[ab]")] == [
        "Wget",
        "Googlebot",
        "Mozilla5.0 abx",
        "ab",
    ]
    assert all(re.fullmatch(r"[\w .:@+-]{1,100}", name, re.ASCII) for _, name in bots._crawlers())


def test_own_rules_are_added_and_go_first(own: BotRules):
    agent_of = agents_by(own)
    monitor = agent_of(f"{CHROME} OurMonitor")
    assert (monitor.bot, monitor.human, monitor.device, monitor.browser) == ("our monitor", False, "bot", "Chrome")
    assert agent_of(GOOGLEBOT).bot == "our googlebot"
    assert agent_of("GuzzleHttp/7").bot == "HTTP library"
    assert agent_of(CHROME).human
    assert own.of_request(CHROME, "GET", 404) == "gone by Chrome"
    assert [own.of_request(*asked) for asked in ((CHROME, "POST", 404), ("Firefox", "GET", 404), (CHROME, "GET", 302))] == [
        ""
    ] * 3
    assert own.of_request(CHROME, "HEAD", 404) == "HEAD request"


def test_the_version_names_all_that_decides(own: BotRules, tmp_path: Path):
    common = BotRules().version
    assert re.fullmatch(r"linnet \d+, crawler-user-agents [\d.]+, ua-parser-builtins \d+", common)
    assert own.version.startswith(f"{common}, own 7 (")
    (tmp_path / "own.toml").write_bytes(OWN.replace(b"every minute", b"each minute"))
    assert load_rules(tmp_path / "own.toml").version != own.version
    assert load_rules(None).version == common


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "needs a version"),
        ("version = true", "needs a version"),
        ("version = 1\nrule = []", '"rule"'),
        ("version = 1\nrules = 3", "[[rules]]"),
        ("version = [", "not TOML"),
        ("\xff", "not TOML"),
        ('[[rules]]\nuser_agent = "x"', "rule 1 needs a name"),
        ('[[rules]]\nname = "$1"\nuser_agent = "x"', "rule 1 needs a name"),
        ('[[rules]]\nname = "x"', 'rule 1 ("x") matches everything'),
        ('[[rules]]\nname = "x"\nagent = "x"', '"agent"'),
        ('[[rules]]\nname = "x"\nuser_agent = "(x"', "unclosed group"),
        ('[[rules]]\nname = "x"\nuser_agent = "x(?=y)"', "look-around"),
        ('[[rules]]\nname = "x"\nuser_agent = 3', "user_agent must be a text"),
        ('[[rules]]\nname = "x"\nstatus = [99]', "status must be a list"),
        ('[[rules]]\nname = "x"\nstatus = 403', "status must be a list"),
        ('[[rules]]\nname = "x"\nmethod = ["head"]', "method must be a list"),
        ('[[rules]]\nname = "x"\nmethod = ["HEAD"]\nreason = 3', "reason must be a text"),
        ('[[rules]]\nname = "x"\nmethod = ["HEAD"]\n' * 1001, "1001 rules"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name_and_the_rule(tmp_path: Path, content: str, says: str):
    path = tmp_path / "own.toml"
    path.write_text(content if not content.startswith("[[") else f"version = 1\n{content}", encoding="latin-1")
    with pytest.raises(InvalidRules) as refused:
        load_rules(path)
    assert says in refused.value.message
    assert str(path) in refused.value.message
    assert refused.value.field == "LINNET_BOT_RULES"


def test_a_server_does_not_start_with_rules_that_cannot_be_used(tmp_path: Path):
    (tmp_path / "own.toml").write_text("version = 1\n[[rules]]\nname = 'x'\n")
    for name, says in (("own.toml", "matches everything"), ("missing.toml", "No such file")):
        given = {"LINNET_DATA_DIR": str(tmp_path / "d"), "LINNET_PORT": "0", "LINNET_BOT_RULES": str(tmp_path / name)}
        with pytest.raises(InvalidRules, match=says), Serving(read_settings(given)):
            pass


def test_no_rule_takes_long_for_any_agent():
    rules = BotRules(read_rules(b"version = 1\n[[rules]]\nname = 'x'\nuser_agent = '(a+)+$'"))
    began = time.process_time()
    for agent in ("a" * 65_536 + "!", "Mozilla/5.0 " + "(" * 65_000, "-ai" * 20_000, " " * 65_536 + "x"):
        rules.of_agent(agent)
    assert time.process_time() - began < 5
