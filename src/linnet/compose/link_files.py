"""Files of links out and in, from the command line, whether the server runs or not."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

from linnet.actions import imports
from linnet.actions.link_export import export_links
from linnet.compose.control import control
from linnet.compose.names import api_options
from linnet.importers.link_file import link_csv
from linnet.importers.run import go_on, take_file, wish_json, written_of
from linnet.model.errors import InvalidField
from linnet.model.link_import import MAX_FILE_BYTES, ImportState, LinkImport, RowProblem, Taken
from linnet.settings import Settings

_PROBLEMS_TOLD: Final = 100
_LOOK_SECONDS: Final = 0.2


def exported_links(settings: Settings, hostname: str) -> Generator[bytes]:
    """The links of a domain as a file, in parts."""
    with control(settings) as admin:
        domain = admin.domain_named(hostname)
        options = api_options(settings)
        _, portions = export_links(admin.changing(domain), domain.id, None, None)
        yield from link_csv(portions, lambda link: options.short_url(domain, link.path))


def import_links(
    settings: Settings, file: Path, hostname: str, *, taken: Taken, allow_duplicates: bool, dry_run: bool
) -> tuple[LinkImport, list[RowProblem]]:
    """Check a file of links and, but for a dry run, import it: the job as it ended, and its first hundred bad rows."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidField(f"{file} cannot be read: {error.strerror}.", field="file") from None
    with control(settings) as admin:
        domain = admin.domain_named(hostname)
        context = admin.changing(domain)
        job = take_file(context, domain.id, file.name, content)
        wish = wish_json(written_of(job.wish), job.wish["columns"], taken=taken, allow_duplicates=allow_duplicates)
        imports.check_import(context, domain.id, job.id, wish)
        while (job := imports.find_import(context, domain.id, job.id)[1]).at_work or _goes_on(job, dry_run):
            if not job.at_work:
                imports.start_import(context, domain.id, job.id)
            # A server that runs may have it in hand already.
            elif (leased := imports.lease_import(context, job.id)) is not None:
                go_on(context, leased, lambda: False)
            else:
                time.sleep(_LOOK_SECONDS)
        problems = list(imports.problems_of(admin.database, job, limit=_PROBLEMS_TOLD))
        imports.remove_import(context, domain.id, job.id)
        return job, problems


def _goes_on(job: LinkImport, dry_run: bool) -> bool:
    return job.state is ImportState.CHECKED and not dry_run
