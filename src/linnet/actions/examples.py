"""Five links that show what links can do, for somebody who tries the installation out."""

from datetime import timedelta
from typing import Final

from linnet.actions.context import Context, domain_by_hostname
from linnet.actions.links import checked_draft, create_in, hashed_password
from linnet.actions.placing import LinkInDomain, Place
from linnet.model.access import Action
from linnet.model.link import LinkDraft
from linnet.model.unset import given

EXPIRES_AFTER: Final = timedelta(days=30)
_TAGS: Final = ("example",)


def create_example_links(context: Context, hostname: str) -> list[tuple[LinkInDomain, str | None]]:
    """An A/B split, a link for phones, one that expires, a file and one with a password, each with the password that it has.

    Called again it gives the same links, as duplicates, unless they are gone: rule 3 of contract b.2. All or none.
    """
    with context.database.read() as work:
        domain_by_hostname(work, context.actor, Action.CREATE, hostname)
    drafts = [checked_draft(context, draft) for draft in _drafts(context)]
    hashes = [hashed_password(draft) for draft in drafts]
    created: list[tuple[LinkInDomain, str | None]] = []
    with context.database.write() as work:
        place = Place(context, work, domain_by_hostname(work, context.actor, Action.CREATE, hostname))
        # All of them first, and so in the one order in which everybody reserves.
        work.destinations.reserve(place.domain.id, [given(draft.original_url, "") for draft in drafts])
        for draft, password_hash in zip(drafts, hashes, strict=True):
            link = create_in(place, draft, password_hash, allow_duplicates=False, source="api")
            created.append((link, given(draft.password, None)))
    context.publish(work.sequence)
    return created


def _drafts(context: Context) -> list[LinkDraft]:
    return [
        LinkDraft(
            title="Example: an A/B test, half of the visitors to each page",
            original_url="https://en.wikipedia.org/wiki/A/B_testing",
            split_url="https://en.wikipedia.org/wiki/Randomized_controlled_trial",
            split_percent=50,
            tags=_TAGS,
        ),
        LinkDraft(
            title="Example: phones go to their app store",
            original_url="https://www.mozilla.org/firefox/new/",
            iphone_url="https://apps.apple.com/app/firefox-private-safe-browser/id989804926",
            android_url="https://play.google.com/store/apps/details?id=org.mozilla.firefox",
            tags=_TAGS,
        ),
        LinkDraft(
            title=f"Example: expires after {EXPIRES_AFTER.days} days",
            original_url="https://www.iana.org/help/example-domains",
            expires_at=context.now() + EXPIRES_AFTER,
            expired_url="https://www.iana.org/domains/reserved",
            tags=_TAGS,
        ),
        LinkDraft(
            title="Example: downloads a file",
            original_url="https://www.rfc-editor.org/rfc/pdfrfc/rfc3986.txt.pdf",
            tags=_TAGS,
        ),
        LinkDraft(
            title="Example: asks for the password 'example'",
            original_url="https://en.wikipedia.org/wiki/Password",
            password="example",  # noqa: S106 (shown in the title)
            tags=_TAGS,
        ),
    ]
