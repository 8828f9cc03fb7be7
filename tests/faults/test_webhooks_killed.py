"""Webhooks of a real server, with receivers that fail, hang, drip and redirect; and ``kill -9`` loses no event."""

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linnet.actions import webhooks
from linnet.actions.context import Context
from linnet.actions.sign_in import user_actor
from linnet.actions.webhooks import Told, WebhookDraft
from linnet.compose.places import Places, load_secrets
from linnet.model.webhook import DeliveryState
from linnet.settings import read_settings
from linnet.storage.database import Database
from tests.support.receiver import Heard, Receiver, answers, breaks_off, drips, hangs, in_turn, receiving
from tests.support.server import Server, running_server

LOCAL = {"LINNET_FETCH_ALLOWED_NETWORKS": "127.0.0.1/32"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("webhooks") / "linnet", settings=LOCAL) as running:
        yield running


def owner(server: Server) -> Context:
    """The owner's context, as the dashboard has it."""
    settings = read_settings(server.environment)
    database = Database(settings.database_url)
    return Context(
        actor=user_actor(database, 1),
        database=database,
        publish=lambda _: None,
        signing_key=b"",
        seal=load_secrets(Places(server.directory)).seal,
        private_networks=settings.fetch_allowed_networks,
    )


class Hook:
    """A webhook of the server's domain that leads to a receiver."""

    def __init__(self, server: Server, receiver: Receiver, *events: str) -> None:
        self.context = owner(server)
        self.domain_id = server.domain_id
        draft = WebhookDraft(url=receiver.url(), events=events)
        self.webhook, self.secret = webhooks.create_webhook(self.context, server.domain_id, draft)

    def told(self) -> list[Told]:
        """What it was told, oldest first."""
        page = webhooks.list_deliveries(self.context, self.domain_id, self.webhook.id, limit=100)[2]
        return list(reversed(page.told))

    def states(self) -> list[DeliveryState]:
        return [each.delivery.state for each in self.told()]

    def remove(self) -> None:
        webhooks.delete_webhook(self.context, self.domain_id, self.webhook.id)
        self.context.database.close()


def by_query(click: Any) -> str:
    query: str = click["query"]
    return query


def paths(heard: list[Heard], secret: str) -> list[str]:
    """The paths of the links that were told of, each message once, signatures verified."""
    by_id = {each.id: each.verified(secret) for each in heard}
    found: list[Any] = [body["data"] for body in by_id.values()]
    return [link["path"] for data in found for link in data.get("links", [data])]


def test_changes_are_told_within_seconds_and_signed(server: Server):
    with receiving() as receiver:
        hook = Hook(server, receiver, "link.created", "link.updated", "link.deleted", "domain.updated")
        link = server.create("told", title="Größe")
        server.api("POST", f"/links/{link['idString']}", {"title": "other"})
        server.api("DELETE", f"/links/{link['idString']}")
        server.api("POST", f"/domains/settings/{server.domain_id}", {"robots": "noindex"})
        heard = receiver.wait(lambda heard: len(heard) >= 4)
        bodies = {each.verified(hook.secret)["type"]: each.json["data"] for each in heard}
        server.wait(lambda: hook.states() == [DeliveryState.DELIVERED] * 4, "four deliveries")
        outcome = 'outcome="delivered"'
        server.wait(lambda: server.metric("linnet_webhook_deliveries_total", outcome) >= 4, "the metric of deliveries")
        hook.remove()
    assert {"linnet_webhook_waiting", "linnet_webhook_oldest_seconds"} <= {name for name, _ in server.metrics()}
    assert set(bodies) == {"link.created", "link.updated", "link.deleted", "domain.updated"}
    known = {name: link[name] for name in ("idString", "shortURL", "originalURL", "path", "createdAt", "DomainId")}
    assert {name: bodies["link.created"][name] for name in known} == known
    assert bodies["link.updated"]["title"] == bodies["link.deleted"]["title"] == "other"
    assert bodies["domain.updated"]["robots"] == "noindex"


def test_clicks_are_told_in_the_shape_of_exported_ones_and_each_once(server: Server):
    link = server.create("clicked")
    server.visit("/clicked?before=1")
    server.wait(lambda: server.link_clicks(link["idString"]) == 1, "the click before")
    with receiving() as receiver:
        hook = Hook(server, receiver, "click")
        for number in range(5):
            server.visit(f"/clicked?n={number}", User_Agent=f"Mozilla/5.0 (X11; Linux x86_64) Gecko/2010 Firefox/12{number}.0")
        seen: list[Any] = []

        def clicks(heard: list[Heard]) -> list[Any]:
            seen[:] = [click for each in heard for click in each.verified(hook.secret)["data"]["clicks"]]
            return seen

        receiver.wait(lambda heard: len(clicks(heard)) >= 5)
        time.sleep(3)
        clicks(receiver.heard)
        hook.remove()
    assert sorted(click["query"] for click in seen) == [f"n={number}" for number in range(5)]
    assert {click["link_id"] for click in seen} == {link["idString"]}
    exported = server.api("GET", f"/statistics/domain/{server.domain_id}/clicks?period=total&format=ndjson")
    assert exported.status == 200
    lines = [line for line in exported.body.decode().splitlines() if '"query":"n=' in line]
    assert sorted(seen, key=by_query) == sorted(map(json.loads, lines), key=by_query)


def test_the_domains_webhook_url_is_called_for_each_click(server: Server):
    server.create("old-way")
    with receiving() as receiver:
        settings = f"/domains/settings/{server.domain_id}"
        assert server.api("POST", settings, {"webhookURL": receiver.url("/short")}).status == 200
        server.visit("/old-way?utm_source=mail", User_Agent="Some Browser", Referer="https://r.example/")
        (heard,) = receiver.wait(lambda heard: len(heard) >= 1)
        assert server.api("POST", settings, {"webhookURL": None}).status == 200
    assert heard.path == "/short"
    body = heard.json
    assert (body["origin"], body["path"], body["referrer"]) == (server.domain, "/old-way", "https://r.example/")
    assert (body["user-agent"], body["utm_source"], body["host"]) == ("Some Browser", "mail", "127.0.0.0")
    assert heard.headers["user-agent"] == "Some Browser"
    assert heard.headers["referer"] == "https://r.example/"
    assert heard.headers["x-forwarded-for"] == "127.0.0.0"
    assert "webhook-signature" not in heard.headers


@pytest.mark.parametrize(
    "trouble",
    [
        answers(500, b"<b>broken</b>\x00\xff"),
        answers(302, Location="http://127.0.0.1:1/elsewhere"),
        breaks_off,
        drips(b"", b"HTTP/1.1 200 OK\r\n", 1.0),
        hangs(30),
    ],
    ids=["500", "redirect", "breaks off", "drips", "hangs"],
)
def test_a_receiver_in_trouble_is_told_again_while_others_are_told(server: Server, trouble: Any):
    with receiving(in_turn(trouble, answers(200))) as receiver, receiving() as well:
        hook, other = Hook(server, receiver, "link.created"), Hook(server, well, "link.created")
        path = f"trouble-{random.randrange(10**9)}"
        server.create(path)
        well.wait(lambda heard: len(heard) == 1, seconds=5)
        heard = receiver.wait(lambda heard: len(heard) >= 2, seconds=40)
        server.wait(lambda: hook.states() == [DeliveryState.DELIVERED], "the second attempt")
        (told,) = hook.told()
        for each in (hook, other):
            each.remove()
    assert paths(heard, hook.secret) == [path]
    assert len({each.id for each in heard}) == 1
    assert [attempt.succeeded for attempt in told.attempts] == [False, True]
    assert heard[1].at - heard[0].at >= 3


def test_gone_switches_it_off(server: Server):
    with receiving(answers(410)) as receiver:
        hook = Hook(server, receiver, "link.created")
        server.create("gone")
        receiver.wait(lambda heard: heard)
        server.wait(
            lambda: not webhooks.get_webhook(hook.context, hook.domain_id, hook.webhook.id)[1].enabled, "it to be switched off"
        )
        hook.remove()


def test_kills_at_any_moment_lose_no_event(tmp_path: Path):
    chance = random.Random(20_261_125)
    with running_server(tmp_path / "linnet", settings=LOCAL) as server, receiving() as receiver:
        receiver.answer = in_turn(*(answers(200), answers(503), answers(200), breaks_off) * 3, answers(200))
        hook = Hook(server, receiver, "link.created", "click")
        made: list[str] = []
        ended = threading.Event()

        def create() -> None:
            while not ended.is_set():
                path = f"k{len(made)}"
                try:
                    answer = server.api(
                        "POST", "/links", {"domain": server.domain, "originalURL": "https://e.org/", "path": path}
                    )
                except OSError:
                    # Its worker was killed: whether the link was made, nobody knows. It is asked for again.
                    continue
                if answer.status == 200:
                    made.append(path)
                time.sleep(0.05)

        thread = threading.Thread(target=create)
        thread.start()
        for _ in range(6):
            time.sleep(chance.uniform(0.3, 1.0))
            former = server.pid("clicks")
            server.kill("clicks")
            server.wait_until_replaced("clicks", former)
        ended.set()
        thread.join()
        clicks = {f"c={number}" for number in range(30)}
        for query in sorted(clicks):
            server.visit(f"/k0?{query}")
        former = server.pid("clicks")
        server.kill("clicks")
        server.wait_until_replaced("clicks", former)

        def missing(heard: list[Heard]) -> set[str]:
            bodies = [each.verified(hook.secret) for each in heard]
            links = {body["data"]["path"] for body in bodies if body["type"] == "link.created"}
            seen = {click["query"] for body in bodies if body["type"] == "click" for click in body["data"]["clicks"]}
            return (set(made) - links) | (clicks - seen)

        # What was in the hands of a killed process is sent again once its lease is over.
        receiver.wait(lambda heard: not missing(heard), seconds=90)
        assert len(made) > 20
        hook.context.database.close()
