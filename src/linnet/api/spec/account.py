"""API keys and the audit log: what Short.io's dashboard does and its API does not."""

from typing import Final

from linnet.actions.keys import MAX_DESCRIPTION
from linnet.api.spec.shapes import (
    Detail,
    Resource,
    answer,
    body,
    in_path,
    in_query,
    list_of,
    nullable,
    one_of,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import DOMAIN, HOSTNAME, LINK, TIME, answered_moment, moment
from linnet.model.access import KeyKind
from linnet.model.audit import Event

_KIND: Final = one_of(
    [each.value for each in KeyKind], "A secret key may do what you may; a public one creates links.", "secret"
)
_KEY: Final = {
    "id": whole("The key's number.", 3),
    "type": _KIND,
    "prefix": text("How the key begins, to tell keys apart.", "sk_AbC1d"),
    "description": text("What the key is for.", "Newsletter"),
    "userId": whole("Whose key it is: a user, or a service account.", 1),
    "domainId": nullable(whole("The only domain that it reaches; null for all.", DOMAIN)),
    "teamId": nullable(whole("The only team whose domains it reaches; null for all.")),
    "createdAt": answered_moment("When it was made."),
    "expiresAt": nullable(answered_moment("When it stops working.")),
    "lastUsedAt": nullable(answered_moment("When it was used last, within a minute.")),
    "revokedAt": nullable(answered_moment("When it was revoked; null while it works.")),
}
_KEY_EXAMPLE: Final = {
    "id": 3,
    "type": "secret",
    "prefix": "sk_AbC1d",
    "description": "Newsletter",
    "userId": 1,
    "domainId": None,
    "teamId": None,
    "createdAt": TIME,
    "expiresAt": None,
    "lastUsedAt": None,
    "revokedAt": None,
}
_USER: Final = record(
    {
        "id": whole("The user's number.", 1),
        "email": text("The user's e-mail address.", "me@example.com"),
        "name": nullable(text("What the user is called.", "Ada")),
    },
    required=["id", "email", "name"],
    description="Who did it.",
)
_ENTRY: Final = {
    "id": whole("The entry's number.", 42),
    "at": answered_moment("When it happened."),
    "event": one_of([each.value for each in Event], "What happened.", "link.created"),
    "subject": text("The id of what was changed.", LINK),
    "domainId": nullable(whole("The id of the domain that it concerns.", DOMAIN)),
    "teamId": nullable(whole("The id of the team that it concerns.")),
    "userId": whole("The id of the user who did it; 0 for what the server does by itself.", 1),
    "user": nullable(_USER),
    "keyId": nullable(whole("The number of the API key that was used.", 3)),
    "address": text("Where the request came from; empty for the command line.", "203.0.113.7"),
    "details": {"type": "object", "description": "What else helps to understand it.", "examples": [{"path": "spring"}]},
}
_ENTRY_EXAMPLE: Final = {
    "id": 42,
    "at": TIME,
    "event": "link.deleted",
    "subject": LINK,
    "domainId": DOMAIN,
    "teamId": None,
    "userId": 1,
    "user": {"id": 1, "email": "me@example.com", "name": "Ada"},
    "keyId": 3,
    "address": "203.0.113.7",
    "details": {"path": "spring", "original_url": f"https://{HOSTNAME}/"},
}

ACCOUNT: Final = Resource(
    details={
        "listAudit": Detail(
            summary="List what was done",
            description=(
                "Who did what, when, from where, and with which key, the newest first. You see what you did, what concerns "
                "teams that you manage, and what concerns domains that you may configure. Entries cannot be changed. "
                "Short.io has this operation too, but its answer is not known: this one is ours."
            ),
            parameters=(
                in_query("limit", whole("How many entries to answer at most.", 50, minimum=1, maximum=150, default=50)),
                in_query("pageToken", text("The `nextPageToken` of the page before.")),
                in_query("from", moment("Only what happened since then.", None)),
                in_query("to", moment("Only what happened before.", None)),
                in_query("domainId", whole("Only what concerns this domain.", minimum=1)),
                in_query("userId", whole("Only what this user did.", minimum=1)),
                in_query("keyId", whole("Only what was done with this key.", minimum=1)),
                in_query("teamId", whole("Only what concerns this team.", minimum=1)),
                in_query("event", text("Only these events, separated by commas.", "link.created,link.deleted")),
                in_query("text", text("Only what has this in its subject or details.")),
            ),
            answers={
                200: answer(
                    "A page of entries.",
                    record(
                        {
                            "entries": list_of(ref("AuditEntry"), "The entries."),
                            "nextPageToken": text("The `pageToken` of the next page; not there on the last one."),
                        },
                        required=["entries"],
                    ),
                    entries=("One entry", {"entries": [_ENTRY_EXAMPLE]}),
                )
            },
            refusals=(404,),
        ),
        "listKeys": Detail(
            summary="List API keys",
            description=(
                "Your API keys and those of service accounts of teams that you manage, the oldest first, without their "
                "secrets: those are shown only when a key is made. A key that is restricted to a domain or a team lists those "
                "that reach no further."
            ),
            parameters=(
                in_query("limit", whole("How many keys to answer at most.", 150, minimum=1, maximum=150, default=150)),
                in_query("pageToken", text("The `nextPageToken` of the page before.", pattern=r"^\d{1,18}$")),
            ),
            answers={
                200: answer(
                    "A page of keys.",
                    record(
                        {
                            "keys": list_of(ref("ApiKey"), "The keys."),
                            "nextPageToken": text("The `pageToken` of the next page; not there on the last one."),
                        },
                        required=["keys"],
                    ),
                    keys=("One key", {"keys": [_KEY_EXAMPLE]}),
                )
            },
        ),
        "createKey": Detail(
            summary="Create an API key",
            description=(
                "The response is the only place where the key itself is ever shown. A new key reaches no further than the key "
                "that makes it, in domains and in time: what is left out or null is as with that key."
            ),
            body=body(
                record(
                    {
                        "type": _KIND,
                        "description": nullable(text("What the key is for.", "Newsletter", maxLength=MAX_DESCRIPTION)),
                        "domain": nullable(text("The hostname of the only domain that it shall reach.", HOSTNAME)),
                        "domainId": nullable(whole("The same by the domain's id.", DOMAIN, minimum=1)),
                        "teamId": nullable(whole("The only team whose domains it shall reach.", 1, minimum=1)),
                        "serviceAccountId": nullable(
                            whole("The service account that gets the key, of a team that you manage.", 7, minimum=1)
                        ),
                        "expiresAt": nullable(
                            moment("When it shall stop working; null for never.", "2027-01-01T00:00:00.000Z")
                        ),
                    },
                    required=["type"],
                ),
                secret=("A secret key", {"type": "secret", "description": "Newsletter"}),
                public=("A public key for one domain", {"type": "public", "description": "Website", "domain": HOSTNAME}),
            ),
            answers={
                200: answer(
                    "The key.",
                    {
                        "allOf": [
                            ref("ApiKey"),
                            record({"key": text("The key itself.", "sk_AbC1dEf2GhI3jKl4")}, required=["key"]),
                        ]
                    },
                    key=("A key", _KEY_EXAMPLE | {"key": "sk_AbC1dEf2GhI3jKl4"}),
                )
            },
            refusals=(402, 404),
        ),
        "revokeKey": Detail(
            summary="Revoke an API key",
            description="The key stops working at once and for good.",
            parameters=(in_path("keyId", whole("The key's number.", 3)),),
            answers={200: answer("The key is revoked.", ref("Success"), done=("Revoked", {"success": True}))},
            refusals=(404,),
        ),
    },
    schemas={
        "ApiKey": record(_KEY, required=_KEY, description="An API key without its secret."),
        "AuditEntry": record(_ENTRY, required=_ENTRY, description="Something that was done."),
    },
)
