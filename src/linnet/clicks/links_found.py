"""Which links the clicks of a file are on."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Links:
    """The numbers of links, by their ids and by paths as clicks have them."""

    by_id: Mapping[str, int]
    by_path: Mapping[str, int]


# Takes ids and paths; what it does not tell is not there.
LinkFinder = Callable[[Collection[str], Collection[str]], Links]
