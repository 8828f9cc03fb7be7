"""CPU per redirect of links with rules by country and device, beside plain ones: ``python -m bench.targeting``.

Directly, all visitors have one address, whose place is remembered; behind a proxy, each has another one, so that none is.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.redirect import Run, Target, held, measure, worker_of
from bench.support import Result, destination, installation, median, note, scratch, show, timed_start, wait_for_quiet
from tests.support.server import Server

BUDGET = 2


def create_links(server: Server, count: int) -> None:
    """Plain links ``k0000000``..., and as many ``t0000000``... with destinations for a country and for telephones."""
    telephones = {"iphoneURL": "https://example.com/app/apple", "androidURL": "https://example.com/app/android"}
    for first in range(0, count, 500):
        numbers = range(first, min(count, first + 500))
        plain = [{"path": f"k{number:07d}", "originalURL": destination(number)} for number in numbers]
        ruled = [{"path": f"t{number:07d}", "originalURL": destination(number)} | telephones for number in numbers]
        made = server.api("POST", "/links/bulk", {"domain": server.domain, "allowDuplicates": True, "links": plain + ruled})
        assert made.status == 200, made
        ids = [link["idString"] for link in made.json[len(plain) :]]
        with ThreadPoolExecutor(4) as threads:
            statuses = set(threads.map(lambda link_id: add_country(server, link_id), ids))
        assert statuses <= {200, 201}, statuses


def add_country(server: Server, link_id: str) -> int:
    rule = {"country": "DE", "originalURL": "https://example.com/some/landing/page/de"}
    return server.api("POST", f"/link_country/{link_id}", rule).status


def compare(server: Server, plain: Target, *, rounds: int, seconds: float) -> list[Result]:
    """Rounds of plain links and of those with rules in turn, so that both see the same machine; the median of each figure."""
    ruled = replace(plain, letter="t")
    how = "behind a proxy, addresses at random" if plain.forwarded else "directly, one address"
    pairs: list[tuple[Run, Run]] = []
    for target in (plain, ruled):
        measure(target, seconds=2)
    for number in range(rounds):
        wait_for_quiet()
        with held(server):
            pairs.append((measure(plain, seconds=seconds), measure(ruled, seconds=seconds)))
        note(f"{how}, round {number + 1}: plain {pairs[-1][0]}, with rules {pairs[-1][1]}")
    ratio = median(with_rules.cpu_microseconds / without.cpu_microseconds for without, with_rules in pairs)
    stolen = median(run.stolen for pair in pairs for run in pair)
    return [
        Result(f"CPU per redirect of a plain link, {how}", median(run.cpu_microseconds for run, _ in pairs), "µs"),
        Result(f"CPU per redirect with both rules, {how}", median(run.cpu_microseconds for _, run in pairs), "µs"),
        Result(f"rules against none, {how}", ratio, "×", BUDGET),
        Result(f"time stolen by the hypervisor, {how}", stolen * 100, "%"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    given = parser.parse_args()
    with scratch() as directory:
        server = behind_a_proxy(directory / "linnet")
        try:
            timed_start(server)
            create_links(server, given.links)
            plain = Target(worker_of(server), server.port, server.host, given.links)
            results = compare(server, plain, rounds=given.rounds, seconds=given.seconds)
            results += compare(server, replace(plain, forwarded=True), rounds=given.rounds, seconds=given.seconds)
        finally:
            server.stop()
    show(f"Links with rules by country and device, {given.links:,} of each kind", results)


def behind_a_proxy(directory: Path) -> Server:
    """A new installation that believes forwarding headers of this machine."""
    server = installation(directory, workers=1)
    server.environment["LINNET_TRUSTED_PROXIES"] = "127.0.0.0/8"
    return server


if __name__ == "__main__":
    main()
