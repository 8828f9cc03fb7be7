"""What the reference says before and between the operations."""

from typing import Final

INTRODUCTION: Final = """\
This server speaks Short.io's HTTP API: point a client of Short.io at it and it works. All requests and responses are JSON.

## Keys

Send your API key in the `Authorization` header, without a word before it:

```
Authorization: sk_your_secret_key
```

A **secret** key may do what you may. A **public** key can create and look up links and nothing else, so it can be part of a web
page or an app. Keys are made with `createKey` or with `linnet key create`; a key can be limited to one domain. To try a key,
ask `GET /api/domains?limit=1`.

## Times

Responses write times as `2026-03-01T09:30:00.000Z`. Requests may also use another offset, or milliseconds since 1970.

## Pages

`listLinks` answers a `nextPageToken` while there is more. Send it back as `pageToken` for the next page.

## Limits

Limits count the calls of one key: {general} a second, unless an operation has a limit of its own in its description. Whoever
runs the server can set others; `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` tell how yours stands. A
call over the limit is refused with 429, and `Retry-After` says how many seconds to wait. Bodies can be up to 5 MB.

## Errors

Every refusal has the same body. `message` says what is wrong and what would be right, `field` names the field, and `code` never
changes:
"""
TAGS: Final = {
    "Links": "Short links: create them, find them, change them, one at a time or many at once.",
    "QR codes": "Images of short URLs, for print and screen.",
    "Targeting": "Visitors from a country or a region, or whom another rule fits, go to a destination of their own.",
    "Domains": "The hostnames that serve your links.",
    "Folders": "Names for links of a domain, with defaults for links that are made in them.",
    "Tags": "Words that links can have, any number of them.",
    "Permissions": "Who else may change a single link.",
    "OpenGraph": "What other sites show when a link is posted there.",
    "Statistics": "Clicks: how many, when, from where, with what.",
    "Audit log": "Who did what.",
    "API keys": "Keys for programs.",
}
