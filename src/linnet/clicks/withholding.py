"""Of who asked not to be tracked, and of who had what is known of it erased: what is not kept of a click."""

from typing import Final

import numpy as np

from linnet.clicks.columns import Column, Columns

# A field that tells a person, or a part of one, in the group where it is.
_TELLING: Final = {"origin": "address", "page": "query", "place": "city", "source": "referrer", "agent": "user_agent"}
# The device of programs that call themselves by their names, which are no person's, and by which they can be judged again.
PROGRAM: Final = "bot"


def withhold(columns: Columns, opted_out: Column) -> Columns:
    """``columns`` with what is stored, in the rows that ``opted_out`` marks, of who asked not to be tracked.

    Such a click counts, with its country and region, language, browser, system, campaign and the host that it came from, and
    without address, visitor, city, user agent, query, the rest of the referrer, and the number by which conversions find it.
    """
    if not opted_out.any():
        return columns
    own = dict(columns.own)
    for name in ("visitor", "nonce"):
        own[name] = np.where(opted_out, 0, own[name])
    groups = dict(columns.groups)
    for group, field in _TELLING.items():
        rows = groups[group]
        told, place = np.unique(own[group][opted_out], return_inverse=True)
        fresh = {name: values[told] for name, values in rows.items()}
        fresh["code"] = np.arange(len(rows["code"]), len(rows["code"]) + len(told), dtype=np.int32)
        kept = fresh["device"] == PROGRAM if group == "agent" else np.zeros(len(told), dtype=np.bool_)
        fresh[field] = np.where(kept, fresh[field], "")
        groups[group] = {name: np.concatenate([values, fresh[name]]) for name, values in rows.items()}
        own[group] = own[group].copy()
        own[group][opted_out] = fresh["code"][place]
    return Columns(own, groups)
