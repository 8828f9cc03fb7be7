"""API keys and the audit log: what Short.io's dashboard does and its API does not."""

from typing import Final

from linnet.api.spec.shapes import (
    Detail,
    Resource,
    answer,
    in_path,
    in_query,
    list_of,
    nullable,
    one_of,
    optional_body,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import DOMAIN, HOSTNAME, LINK, TIME, answered_moment
from linnet.model.access import KeyKind
from linnet.model.audit import Event

_KIND: Final = one_of(
    [each.value for each in KeyKind], "A secret key may do what you may; a public one creates links.", "secret"
)
_KEY: Final = {
    "id": whole("The key's number.", 3),
    "kind": _KIND,
    "prefix": text("How the key begins, to tell keys apart.", "sk_AbC1"),
    "description": text("What the key is for.", "Newsletter"),
    "domainId": nullable(whole("The only domain that it reaches; null for all.", DOMAIN)),
    "createdAt": answered_moment("When it was made."),
    "expiresAt": nullable(answered_moment("When it stops working.")),
    "lastUsedAt": nullable(answered_moment("When it was used last.")),
}
_KEY_EXAMPLE: Final = {
    "id": 3,
    "kind": "secret",
    "prefix": "sk_AbC1",
    "description": "Newsletter",
    "domainId": None,
    "createdAt": TIME,
    "expiresAt": None,
    "lastUsedAt": None,
}
_ENTRY: Final = {
    "id": whole("The entry's number.", 42),
    "at": answered_moment("When it happened."),
    "event": one_of([each.value for each in Event], "What happened.", "link.created"),
    "userId": whole("The id of the user who did it.", 1),
    "subject": text("The id of what was changed.", LINK),
    "keyId": nullable(whole("The number of the API key that was used.", 3)),
    "domainId": nullable(whole("The id of the domain that it concerns.", DOMAIN)),
    "teamId": nullable(whole("The id of the team that it concerns.")),
    "ip": text("Where the request came from; empty for the command line.", "203.0.113.7"),
    "details": {"type": "object", "description": "What else helps to understand it.", "examples": [{"path": "spring"}]},
}
_ENTRY_EXAMPLE: Final = {
    "id": 42,
    "at": TIME,
    "event": "link.created",
    "userId": 1,
    "subject": LINK,
    "keyId": 3,
    "domainId": DOMAIN,
    "teamId": None,
    "ip": "203.0.113.7",
    "details": {"path": "spring", "hostname": HOSTNAME},
}

ACCOUNT: Final = Resource(
    details={
        "listAudit": Detail(
            summary="List what was done",
            description="Who did what, when, and with which key, the newest first. Entries are kept and cannot be changed.",
            parameters=(
                in_query("limit", whole("How many entries to answer at most.", 50, minimum=1, maximum=150, default=50)),
                in_query("pageToken", text("The `nextPageToken` of the page before.")),
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
        ),
        "listKeys": Detail(
            summary="List API keys",
            description="Your API keys, without their secrets: those are shown only when a key is made.",
            answers={200: answer("The keys.", list_of(ref("ApiKey")), keys=("One key", [_KEY_EXAMPLE]))},
        ),
        "createKey": Detail(
            summary="Create an API key",
            description="The response is the only place where the key itself is ever shown.",
            body=optional_body(
                record(
                    {
                        "kind": _KIND,
                        "description": text("What the key is for.", "Newsletter", maxLength=256),
                        "domainId": nullable(whole("The only domain that it shall reach.", DOMAIN, minimum=1)),
                        "expiresAt": nullable(text("When it shall stop working.", "2027-01-01T00:00:00.000Z")),
                    }
                ),
                secret=("A secret key", {"kind": "secret", "description": "Newsletter"}),
                public=("A public key for one domain", {"kind": "public", "description": "Website", "domainId": DOMAIN}),
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
            refusals=(404,),
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
