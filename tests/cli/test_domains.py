"""``linnet domain``, as scripts use it."""

import pytest

from tests.cli.conftest import Run


def test_what_a_domain_keeps_of_visitors_is_shown_and_changed(linnet: Run) -> None:
    def told(*options: str) -> tuple[str, int | None]:
        shown = linnet("domain", "privacy", "go.example", *options, "--json").json
        return shown["visitorAddresses"], shown["clickRetentionDays"]

    assert told() == ("truncated", None)
    assert told("--addresses", "never", "--keep-days", "30") == told() == ("never", 30)
    assert told("--addresses", "whole") == ("whole", 30)
    assert told("--keep-always") == ("whole", None)
    assert "go.example: whole" in linnet("domain", "privacy", "go.example").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--addresses", "some"], "whole, truncated, never"),
        (["--keep-days", "0"], "1 to 36500"),
        (["--keep-days", "3", "--keep-always"], "contradict"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(linnet: Run, options: list[str], said: str) -> None:
    refused = linnet("domain", "privacy", "go.example", *options)
    assert (refused.code, said in refused.err) == (1, True)
    assert linnet("domain", "privacy", "go.example", "--json").json["visitorAddresses"] == "truncated"


def test_an_unknown_domain_keeps_nothing(linnet: Run) -> None:
    assert linnet("domain", "privacy", "other.example").code == 1
