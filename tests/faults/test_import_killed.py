"""``kill -9`` of who imports links: each row is obeyed once all the same."""

import time
from pathlib import Path

from linnet.actions import imports
from linnet.actions.context import Context
from linnet.actions.sign_in import user_actor
from linnet.importers.run import take_file, wish_json, written_of
from linnet.model.link_import import ImportState, LinkImport
from linnet.storage.database import Database
from tests.support.server import Server, running_server

ROWS = 20_000
KILLS = 2
# Longer than an import is in the hands of who does not live any more.
PATIENCE_SECONDS = 90


def test_no_row_is_lost_or_obeyed_twice_when_the_worker_is_killed(tmp_path: Path):
    # Without a path each row makes a link whenever it is obeyed: only the note of how far the import is keeps it from two.
    content = "url\n" + "".join(f"https://example.com/{number}\n" for number in range(ROWS))
    with running_server(tmp_path / "linnet", workers=1) as server:
        database = Database(server.database_url)
        context = Context(actor=user_actor(database, 1), database=database, publish=lambda _: None, signing_key=b"")
        job = take_file(context, 1, "links.csv", content.encode())
        wish = wish_json(written_of(job.wish), job.wish["columns"], allow_duplicates=True)
        imports.check_import(context, 1, job.id, wish)
        wait_for(server, context, job, ImportState.CHECKED)
        imports.start_import(context, 1, job.id)
        killed_at = [kill_in_between(server, context, job) for _ in range(KILLS)]
        wait_for(server, context, job, ImportState.DONE)
        done = now(context, job)
        with database.read() as work:
            links = work.links.count(1)
            urls = {row[0] for row in work.connection.exec_driver_sql("SELECT original_url FROM links")}
        database.close()
    assert all(0 < each < ROWS for each in killed_at), f"killed too early or too late to prove anything: {killed_at}"
    assert (done.created, done.skipped, done.refused) == (ROWS, 0, 0)
    assert (links, len(urls)) == (ROWS, ROWS)


def now(context: Context, job: LinkImport) -> LinkImport:
    return imports.find_import(context, 1, job.id)[1]


def wait_for(server: Server, context: Context, job: LinkImport, state: ImportState) -> None:
    server.wait(lambda: now(context, job).state is state, f"the import to be {state}", seconds=PATIENCE_SECONDS)


def kill_in_between(server: Server, context: Context, job: LinkImport) -> int:
    """Kill the worker a moment after it has gone on; how many rows were done by then."""
    before = now(context, job).done
    server.wait(lambda: now(context, job).done > before, "the import to go on", seconds=PATIENCE_SECONDS, step=0.01)
    time.sleep(0.05)
    former = server.pid("clicks")
    assert server.kill("clicks")
    done = now(context, job).done
    server.wait_until_replaced("clicks", former)
    return done
