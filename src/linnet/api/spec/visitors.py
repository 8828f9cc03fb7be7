"""What is stored of visitors, by their addresses."""

from typing import Final

from linnet.api.spec.shapes import Detail, Resource, answer, file_answer, flag, in_path, in_query, record, text, whole
from linnet.api.spec.values import DOMAIN_ID

_ADDRESS: Final = in_path("address", text("The visitor's address, IPv4 or IPv6.", "192.0.2.77", maxLength=100))
_NETWORK: Final = in_query(
    "network",
    flag(
        "Whether the clicks that are stored under the address's network are meant, too. Has to be said where there are such: "
        "they are everybody's in that network."
    ),
)
_ERASED: Final = {
    "success": {"type": "boolean", "const": True, "description": "Always true here: failures have an error status."},
    "clicks": whole("In how many clicks something was erased.", 3, minimum=0),
}

VISITORS: Final = Resource(
    details={
        "exportVisitor": Detail(
            summary="Download what is stored of a visitor",
            description=(
                "All clicks of a domain that are stored under an address, oldest first, a line of JSON for each. Clicks that "
                "have not reached the store yet are waited for. Needs the right to change the domain, and is noted in the "
                "audit log, without the address."
            ),
            parameters=(DOMAIN_ID, _ADDRESS, _NETWORK),
            answers={200: file_answer("The clicks. They come in parts.", "application/x-ndjson")},
            refusals=(400, 404),
        ),
        "eraseVisitor": Detail(
            summary="Erase what is stored of a visitor",
            description=(
                "Erases for good, in all clicks of a domain that are stored under an address, and in others that the same "
                "visitors made on the same days: the address, the user agent, the query and the referrer behind its host. The "
                "numbers by which visitors of a day are told apart, and conversions find their clicks, are replaced by others. "
                "The clicks go on counting. Those that have not reached the store yet are waited for."
            ),
            parameters=(DOMAIN_ID, _ADDRESS, _NETWORK),
            answers={
                200: answer(
                    "It is erased.",
                    record(_ERASED, required=_ERASED),
                    erased=("From three clicks", {"success": True, "clicks": 3}),
                )
            },
            refusals=(400, 404),
        ),
    }
)
