"""Link forms as browsers read and send them."""

import html
import re
from typing import Any, Final

from linnet.actions.editing import open_link
from linnet.model.editing import Contents
from tests.dashboard.conftest import Site

NEW: Final = "/dashboard/domains/1/links/new"


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser would send back of the form, but for its buttons."""
    form = page[page.index('id="link-form"') :]
    form = form[: form.index("</form>")]
    sent: dict[str, list[str]] = {}

    def add(name: str, value: str) -> None:
        sent.setdefault(html.unescape(name), []).append(html.unescape(value))

    for tag in re.finditer(r"<input\b[^>]*>|<textarea\b[^>]*>(.*?)</textarea>|<select\b[^>]*>.*?</select>", form, re.DOTALL):
        text = tag[0]
        opening = text[: text.index(">") + 1]
        name = re.search(r' name="([^"]*)"', opening)
        if name is None:
            continue
        if text.startswith("<textarea"):
            add(name[1], tag[1].removeprefix("\n"))
        elif text.startswith("<select"):
            chosen = re.search(r'<option value="([^"]*)" selected', text) or re.search(r'<option value="([^"]*)"', text)
            add(name[1], chosen[1] if chosen else "")
        elif 'type="checkbox"' not in opening or " checked" in opening:
            value = re.search(r' value="([^"]*)"', opening)
            add(name[1], value[1] if value else "on")
    return sent


def send(site: Site, path: str, fields: dict[str, Any], do: str = "save") -> Any:
    sent = {name: values for name, values in fields.items() if name != "once"} | {"do": do}
    return site.client.post(path, data=sent, follow_redirects=False)


HTML: Final = "<script>alert(1)</script><b>"
RTL: Final = "\u202eevil\u202c \u05d0"


def opened(site: Site, path: str) -> dict[str, list[str]]:
    page = site.client.get(path)
    assert page.status_code == 200, page.text
    return fields_of(page.text)


def new_link(site: Site, **fields: Any) -> str:
    """The path of the page of a link that the form made."""
    answer = send(site, NEW, opened(site, NEW) | fields)
    assert answer.status_code == 303, errors_in(answer.text)
    return str(answer.headers["location"]).partition("?")[0]


def errors_in(page: str) -> dict[str, str]:
    """What is said beside the fields, by their ids."""
    found = re.findall(r'<p id="([^"]*)-error" class="field-error">([^<]*)</p>', page)
    return {name: html.unescape(text) for name, text in found}


def contents(site: Site, page: str) -> Contents:
    context = site.options.make_context(site.options.find_actor(1, True))
    return open_link(context, page.rpartition("/")[2]).contents


EVERYTHING: Final[dict[str, Any]] = {
    "originalURL": "https://example.com/page?a=1#part",
    "path": "spring/sale",
    "title": f"{HTML}{RTL}",
    "tags": ["red", HTML],
    "tags.new": "blue, red",
    "utmSource": "letter",
    "utmMedium": "e-mail & more",
    "expiresAt": "2035-01-02T03:04",
    "ttl": "2036-01-02T03:04:05",
    "createdAt": "2020-02-03T04:05",
    "expiredURL": "https://example.com/over",
    "clicksLimit": "1000",
    "password": "open sesame",
    "passwordContact": "1",
    "iphoneURL": "https://example.com/iphone",
    "androidURL": "https://example.com/android",
    "splitURL": "https://example.com/split",
    "splitPercent": "30",
    "redirectType": "307",
    "cloaking": "no",
    "skipQS": "1",
    "archived": "1",
    "integrationGA": "G-ABCDEF1234",
    "og.title": HTML,
    "og.description": "Two\r\nlines",
    "og.image": "https://example.com/a.png",
    "tag": ["1", "2"],
    "tag.1.property": "locale:alternate",
    "tag.1.content": "de_DE",
    "tag.2.property": "locale:alternate",
    "tag.2.content": "fr_FR",
    "place": ["1", "2"],
    "place.1.country": "de",
    "place.1.region": "",
    "place.1.url": "https://example.com/de",
    "place.2.country": "US",
    "place.2.region": "US-CA",
    "place.2.url": "https://example.com/ca",
    "variant": ["1", "2"],
    "variant.1.weight": "70",
    "variant.1.url": "",
    "variant.2.weight": "30",
    "variant.2.url": "https://example.com/b",
    "variant.2.name": "B",
    "rule": ["9", "2"],
    "rule.9.name": "Closed",
    "rule.9.url": "https://example.com/closed",
    "rule.9.match": "all",
    "rule.9.when": ["1", "2", "3", "4", "5"],
    "rule.9.when.1.kind": "timeOfDay",
    "rule.9.when.1.from": "18:00",
    "rule.9.when.1.until": "08:00",
    "rule.9.when.1.zone": "Europe/Berlin",
    "rule.9.when.2.kind": "weekday",
    "rule.9.when.2.values": ["saturday", "sunday"],
    "rule.9.when.3.kind": "country",
    "rule.9.when.3.not": "1",
    "rule.9.when.3.values": "de, EU",
    "rule.9.when.4.kind": "query",
    "rule.9.when.4.name": "ref",
    "rule.9.when.4.how": "contains",
    "rule.9.when.4.text": "news",
    "rule.9.when.5.kind": "referrer",
    "rule.9.when.5.values": "Example.com",
    "rule.9.when.5.exact": "1",
    "rule.2.url": "https://example.com/nested",
    "rule.2.match": "json",
    "rule.2.json": '{"any": [{"os": ["ios"]}, {"all": [{"language": ["de"]}]}]}',
}
