"""Filters by what the click store does not know: tags, folders and paths of links as they are now, and numbers of cities."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.link import Link
from linnet.model.path import path_key
from linnet.model.statistics import MAX_FILTER_LINKS, Filter, Interval, Kind, Question, city_number
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.unit_of_work import UnitOfWork

# Columns that no engine knows: they stand in filters until the links are looked up.
TAG: Final = "tag"
FOLDER: Final = "folder"
MAX_CITIES: Final = 100_000


def by_links(work: UnitOfWork, question: Question, domain: Domain, link: Link | None) -> Question:
    """``question`` with the tags, folders and paths of its filters looked up: which links have them now.

    InvalidField for a folder that the domain does not have, and for more than MAX_FILTER_LINKS links in all. A tag that no link
    has fits no click. A path fits the clicks that were made with it, and all of the link that has it now.
    """
    if not (question.include or question.exclude):
        return question
    finding = _Finding(work, domain, link)
    return replace(
        question,
        include=tuple([finding.found(each, "include") for each in question.include]),
        exclude=tuple([finding.found(each, "exclude") for each in question.exclude]),
    )


def by_cities(engine: StatisticsEngine, question: Question) -> Question:
    """``question`` with numbers of cities, as top lists have them, looked up among the cities of its clicks.

    Names stay names, and fit every city that is called so. InvalidField where the clicks are of more than MAX_CITIES cities.
    """
    if not any(_has_numbers(each) for each in (*question.include, *question.exclude)):
        return question
    cities = {row for interval in {question.interval, question.previous} for row in _cities(engine, question, interval)}

    def placed(criterion: Filter) -> Filter:
        if not _has_numbers(criterion):
            return criterion
        wanted = frozenset(criterion.values)
        found = [f"{at}/{city}" for city, at in cities if city in wanted or str(city_number(at, city)) in wanted]
        return Filter(column="place", values=tuple(sorted(found)))

    return replace(question, include=tuple(map(placed, question.include)), exclude=tuple(map(placed, question.exclude)))


class _Finding:
    """Looks links up, and keeps count of them."""

    def __init__(self, work: UnitOfWork, domain: Domain, link: Link | None) -> None:
        self._work, self._domain, self._link = work, domain, link
        self._left = MAX_FILTER_LINKS

    def found(self, criterion: Filter, where: str) -> Filter:
        """The criterion as engines know it."""
        match criterion.column:
            case "tag":
                return self._numbered(self._tagged([tag.strip() for tag in criterion.values]), f"{where}.tags")
            case "folder":
                return self._numbered(self._in_folders(criterion.values, f"{where}.folders"), f"{where}.folders")
            case "path" if self._link is None:
                return self._at_paths(criterion)
        return criterion

    def _tagged(self, tags: Sequence[str]) -> Sequence[int]:
        if self._link is not None:
            return [self._link.number] if set(tags) & set(self._link.tags) else []
        return self._work.tags.link_numbers(self._domain.id, tags, limit=self._left + 1)

    def _in_folders(self, wanted: Sequence[str], field: str) -> Sequence[int]:
        """``wanted`` are ids or names; of several folders with one name, all of them."""
        folders = self._work.folders.names(self._domain.id).items()
        ids: set[str] = set()
        for each in wanted:
            named = {folder_id for folder_id, name in folders if each in (folder_id, name)}
            if not named:
                raise InvalidField(f"{field}: there is no folder '{each[:64]}' in {self._domain.hostname}.", field=field)
            ids |= named
        if self._link is not None:
            return [self._link.number] if self._link.folder_id in ids else []
        return self._work.folders.link_numbers(self._domain.id, ids, limit=self._left + 1)

    def _numbered(self, numbers: Sequence[int], field: str) -> Filter:
        if len(numbers) > self._left:
            raise InvalidField(
                f"{field} stands for more than {MAX_FILTER_LINKS} links, with all other tags and folders that were asked; "
                "ask for fewer of them.",
                field=field,
            )
        self._left -= len(numbers)
        return Filter(column="link_number", values=tuple(numbers))

    def _at_paths(self, criterion: Filter) -> Filter:
        keys = [path_key(each.removeprefix("/"), case_sensitive=self._domain.case_sensitive) for each in criterion.values]
        links = self._work.links.find_by_paths(self._domain.id, keys)
        if not links:
            return criterion
        return Filter(column="link_or_path", values=(*criterion.values, *(link.number for link in links.values())))


def _has_numbers(criterion: Filter) -> bool:
    return criterion.column == "city" and any(each.isascii() and each.isdigit() for each in criterion.values)


def _cities(engine: StatisticsEngine, question: Question, interval: Interval | None) -> Iterator[tuple[str, str]]:
    if interval is None and question.interval is not None:
        return
    rows = engine.top(
        Question(
            kind=Kind.TOP,
            domain_id=question.domain_id,
            link_number=question.link_number,
            interval=interval,
            column="city",
            limit=MAX_CITIES,
            # Bots come from cities too.
            include=(Filter(column="human", values=(True, False)),),
        )
    )
    if len(rows) == MAX_CITIES:
        raise InvalidField("cities by their numbers cannot be told among so many; give their names.", field="cities")
    for row in rows:
        yield row.value, row.detail
