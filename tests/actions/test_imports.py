"""Imports of links on both engines: each row once, whatever is killed in between."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from linnet.actions import imports
from linnet.actions.context import Context
from linnet.actions.folders import list_folders
from linnet.importers import run
from linnet.importers.run import go_on, take_file, wish_json, written_of
from linnet.model.access import Actor, KeyKind
from linnet.model.errors import ImportNotFound, ImportNotReady, InvalidField, QuotaReached
from linnet.model.link_import import ImportState, LinkImport, Taken
from tests.actions.conftest import House

HEADS = "originalURL,path,title,tags,folder\n"


def never() -> bool:
    return False


def uploaded(house: House, text: str | bytes) -> LinkImport:
    content = text.encode() if isinstance(text, str) else text
    return take_file(house.context, house.domain.id, "links.csv", content)


def wish_of(job: LinkImport, **changes: Any) -> dict[str, Any]:
    return wish_json(written_of(job.wish), job.wish["columns"], **changes)


def now(house: House, job: LinkImport) -> LinkImport:
    return imports.find_import(house.context, house.domain.id, job.id)[1]


def worked(house: House, job: LinkImport, context: Context | None = None) -> LinkImport:
    """The import after housekeeping went on with it."""
    leased = imports.lease_import(house.context)
    assert leased is not None
    assert leased.id == job.id
    go_on(context or house.context, leased, never)
    return now(house, job)


def checked(house: House, job: LinkImport, **changes: Any) -> LinkImport:
    imports.check_import(house.context, house.domain.id, job.id, wish_of(job, **changes))
    return worked(house, job)


def imported(house: House, job: LinkImport, **changes: Any) -> LinkImport:
    assert checked(house, job, **changes).state is ImportState.CHECKED
    imports.start_import(house.context, house.domain.id, job.id)
    return worked(house, job)


def counts(job: LinkImport) -> tuple[int, int, int, int]:
    return job.created, job.updated, job.skipped, job.refused


def test_a_file_becomes_links(house: House):
    job = uploaded(house, HEADS + 'https://a.example/,a,Größe,"x, y",Posters\nhttps://b.example/,,,,\n')
    dry = checked(house, job)
    assert (dry.state, dry.rows, counts(dry)) == (ImportState.CHECKED, 2, (2, 0, 0, 0))
    assert house.stored() == []
    assert list_folders(house.context, house.domain.id) == []
    assert [each["outcome"] for each in dry.sample] == ["created", "created"]
    imports.start_import(house.context, house.domain.id, job.id)
    done = worked(house, job)
    assert (done.state, counts(done)) == (ImportState.DONE, (2, 0, 0, 0))
    first, second = house.stored()
    assert (first.path, first.title, first.tags, first.source) == ("a", "Größe", ("x", "y"), "spreadsheets")
    assert [folder.id for folder in list_folders(house.context, house.domain.id)] == [first.folder_id]
    assert second.path
    assert house.published


@pytest.mark.parametrize(
    ("taken", "expected", "url"),
    [
        (Taken.SKIP, (1, 0, 1, 0), "https://old.example/"),
        (Taken.OVERWRITE, (1, 1, 0, 0), "https://new.example/"),
        (Taken.REFUSE, (1, 0, 0, 1), "https://old.example/"),
    ],
)
def test_paths_that_exist_are_treated_as_chosen(house: House, taken: Taken, expected: tuple[int, ...], url: str):
    house.create("https://old.example/", path="a", title="Kept")
    job = uploaded(house, "url,slug\nhttps://new.example/,a\nhttps://new.example/,b\n")
    assert counts(checked(house, job, taken=taken)) == expected
    imports.start_import(house.context, house.domain.id, job.id)
    assert counts(worked(house, job)) == expected
    links = {link.path: link for link in house.stored()}
    assert (links["a"].original_url, links["a"].title) == (url, "Kept")


@pytest.mark.parametrize("taken", Taken)
def test_of_two_rows_with_one_path_the_second_finds_the_first(house: House, taken: Taken):
    job = uploaded(house, "url,slug\nhttps://1.example/,a\nhttps://2.example/,A\nhttps://3.example/,a\n")
    dry = checked(house, job, taken=taken)
    imports.start_import(house.context, house.domain.id, job.id)
    done = worked(house, job)
    if taken is Taken.SKIP:
        assert counts(done) == counts(dry)
    assert done.created >= 1
    by_path = {link.path: link.original_url for link in house.stored()}
    assert by_path["a"] == ("https://3.example/" if taken is Taken.OVERWRITE else "https://1.example/")


def test_bad_rows_are_reported_with_line_column_and_reason(house: House):
    text = (
        "Long URL,Slug,Expires,password,hasPassword\n"
        "https://ok.example/,ok,,,\n"
        "not an address,bad,,,\n"
        "\n"
        "https://x.example/,a?b,,,\n"
        "https://x.example/,c,yesterday,,\n"
        ",d,,,\n"
        'https://x.example/,"e" x,,,\n'
        "https://x.example/,f,,,true\n"
        "https://x.example/,g,,,,,extra\n"
    )
    done = imported(house, uploaded(house, text))
    assert counts(done) == (1, 0, 0, 7)
    found = [(each.line, each.column) for each in imports.problems_of(house.database, done)]
    assert found == [(3, "Long URL"), (5, "Slug"), (6, "Expires"), (7, "Long URL"), (8, ""), (9, "hasPassword"), (10, "")]
    told = [each.message for each in imports.problems_of(house.database, done)]
    assert all(told)
    # In the words of the file, which are no words of ours.
    assert told[0] == "Long URL must be an absolute http:// or https:// URL with a host."
    assert told[2].startswith("Expires must be a time as in ")
    assert not any(re.search("originalURL|expiresAt", message) for message in told)
    assert len(list(imports.problems_of(house.database, done, limit=2))) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_any_portion_neither_loses_nor_doubles_rows(house: House, monkeypatch: pytest.MonkeyPatch, when: str):
    monkeypatch.setattr(run, "_PORTION", 7)
    rows = [f"https://{number}.example/,{'' if number % 3 else f'p{number}'}" for number in range(40)]
    job = uploaded(house, "url,path\n" + "\n".join(rows) + "\n")
    checked(house, job, allow_duplicates=True)
    imports.start_import(house.context, house.domain.id, job.id)
    real = run.obey_portion
    kills: Iterator[bool] = iter([False, True, False, True, True, False, True] + [False] * 20)

    class Killed(BaseException):
        pass

    def deadly(*given: Any) -> Any:
        die = next(kills)
        if die and when == "before":
            raise Killed
        outcome = real(*given)
        if die:
            raise Killed
        return outcome

    monkeypatch.setattr(run, "obey_portion", deadly)
    later = house.context
    for _ in range(10):
        leased = imports.lease_import(later)
        if leased is None:
            break
        try:
            go_on(later, leased, never)
        except Killed:
            # Whoever had it is gone; after some seconds somebody else takes it up.
            assert imports.lease_import(later) is None
            moment = later.now()
            later = replace(later, now=lambda moment=moment: moment.replace(year=moment.year + 1))
    done = now(house, job)
    assert (done.state, counts(done)) == (ImportState.DONE, (40, 0, 0, 0))
    assert sorted(link.original_url for link in house.stored()) == sorted(f"https://{number}.example/" for number in range(40))


def test_two_who_go_on_at_once_do_not_double_rows(house: House):
    job = uploaded(house, "url\nhttps://1.example/\nhttps://2.example/\n")
    checked(house, job, allow_duplicates=True)
    imports.start_import(house.context, house.domain.id, job.id)
    leased = imports.lease_import(house.context)
    assert leased is not None
    go_on(house.context, leased, never)
    go_on(house.context, leased, never)
    assert len(house.stored()) == 2
    assert counts(now(house, job)) == (2, 0, 0, 0)


def test_a_stopped_import_goes_no_further(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "_PORTION", 1)
    job = uploaded(house, "url\n" + "".join(f"https://{number}.example/\n" for number in range(5)))
    checked(house, job)
    imports.start_import(house.context, house.domain.id, job.id)
    leased = imports.lease_import(house.context)
    assert leased is not None
    real = run.obey_portion

    def stopping(*given: Any) -> Any:
        outcome = real(*given)
        imports.stop_import(house.context, house.domain.id, job.id)
        return outcome

    monkeypatch.setattr(run, "obey_portion", stopping)
    go_on(house.context, leased, never)
    stopped = now(house, job)
    assert (stopped.state, len(house.stored())) == (ImportState.STOPPED, 1)


def test_who_may_create_no_more_ends_the_import(house: House):
    job = uploaded(house, "url\nhttps://1.example/\n")
    checked(house, job)
    imports.start_import(house.context, house.domain.id, job.id)
    failed = worked(house, job, house.as_actor(Actor(user_id=999, key_kind=KeyKind.SECRET)))
    assert failed.state is ImportState.FAILED
    assert failed.message
    assert house.stored() == []


def test_files_are_shown_to_nobody_else_and_forgotten(house: House):
    job = uploaded(house, "url\nhttps://1.example/\n")
    stranger = house.as_actor(Actor(user_id=house.add_user("x@example.com").id, key_kind=KeyKind.SECRET))
    for context, domain_id in ((stranger, house.domain.id), (house.context, house.add_domain("b.example").id)):
        with pytest.raises(Exception, match="There is no"):
            imports.find_import(context, domain_id, job.id)
    with pytest.raises(ImportNotReady):
        imports.start_import(house.context, house.domain.id, job.id)
    moment = house.context.now()
    tomorrow = replace(house.context, now=lambda: moment.replace(year=moment.year + 1))
    assert imports.forget_imports(house.context, limit=10) == 0
    assert imports.forget_imports(tomorrow, limit=10) == 1
    with pytest.raises(ImportNotFound):
        now(house, job)
    assert list(imports.content_of(house.database, job)) == []


def test_a_person_has_few_files_here_at_once(house: House):
    for _ in range(5):
        job = uploaded(house, "url\nhttps://1.example/\n")
    with pytest.raises(QuotaReached):
        uploaded(house, "url\nhttps://1.example/\n")
    imports.remove_import(house.context, house.domain.id, job.id)
    uploaded(house, "url\nhttps://1.example/\n")


def test_too_many_rows_end_the_check(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "MAX_ROWS", 3)
    failed = checked(house, uploaded(house, "url\n" + "https://1.example/\n" * 4))
    assert failed.state is ImportState.FAILED
    assert "split it" in failed.message


def test_columns_that_are_not_there_are_refused(house: House):
    job = uploaded(house, "url\nhttps://1.example/\n")
    wish = wish_of(job) | {"columns": {"originalURL": 7}}
    imports.check_import(house.context, house.domain.id, job.id, wish)
    assert worked(house, job).state is ImportState.FAILED
    with pytest.raises(InvalidField):
        uploaded(house, b"PK\x03\x04rest")
