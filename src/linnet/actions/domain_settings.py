"""The settings of a domain, changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from linnet.actions.context import Context
from linnet.actions.domain_checks import domain_to_configure
from linnet.actions.harm import refuse_harmful
from linnet.actions.loops import LOST_FIELDS, LoopGuard
from linnet.actions.placing import record_unshared
from linnet.actions.webhooks import follow_webhook_url, refuse_unreachable
from linnet.model.access import Actor, may_manage, may_transfer
from linnet.model.audit import Event
from linnet.model.changed_setting import ChangedSetting
from linnet.model.domain import Domain
from linnet.model.domain_settings import FIELDS, clean_settings, with_settings
from linnet.model.errors import InvalidField, NotAllowed, SettingsConflict, TeamNotFound
from linnet.model.link import INTEGRATIONS
from linnet.model.path import path_key
from linnet.model.setting_marks import changed_since, wire_settings
from linnet.qr.style import style_json, style_of
from linnet.storage.path_keys import rekey
from linnet.storage.unit_of_work import UnitOfWork

# The edge and every request read a domain whole: a logo belongs in it only as an address, or when it is small.
_MOST_STYLE_BYTES: Final = 64 * 1024
_ENTRIES_LOOKED_AT: Final = 100
_ADDRESS_FIELDS: Final = {"hide_visitor_ip", "whole_addresses"}
# What the routes of links have from their domain.
_IN_EVERY_ROUTE: Final = ("cloaking", *INTEGRATIONS)


def update_settings(context: Context, domain_id: int, sent: Mapping[str, Any], *, marks: str = "") -> Domain:
    """Change the settings that ``sent`` holds by their wire spelling, and pass over what is none; all of them or, with
    InvalidField naming one, nothing. ``marks`` are what a form showed (``model.setting_marks``): SettingsConflict, and nothing
    is changed, when others have changed any of that meanwhile."""
    fields = clean_settings(sent)
    with context.database.write() as work:
        domain = domain_to_configure(work, context.actor, domain_id)
        if marks:
            _refuse_conflict(work, domain, with_settings(domain, fields, context.now()), sent, marks)
        if sent.get("qr") is not None:
            fields["qr_style"] = _style(sent["qr"])
        if "teamId" in sent:
            fields["team_id"] = _team(work, context.actor, domain, sent["teamId"])
        changed = with_settings(domain, fields, context.now())
        if changed is not domain:
            _store(context, work, domain, changed)
    context.publish(work.sequence)
    return changed


def _refuse_conflict(work: UnitOfWork, domain: Domain, wanted: Domain, sent: Mapping[str, Any], marks: str) -> None:
    after = wire_settings(wanted)
    changed = changed_since(marks, domain, {name: after[name] for name in sent if name in after})
    if changed:
        told = changed_by(work, domain.id, changed)
        raise SettingsConflict("Somebody else changed these settings meanwhile; nothing was saved.", changes=told)


def changed_by(work: UnitOfWork, domain_id: int, changed: Sequence[ChangedSetting]) -> list[ChangedSetting]:
    """``changed`` with who changed each setting last and when, as far as the latest entries of the audit log tell."""
    found = work.audit.search(user_id=None, domain_ids=(domain_id,), limit=_ENTRIES_LOOKED_AT)
    entries = [each for each in found if each.event is Event.DOMAIN_UPDATED]
    people = work.users.find_many({each.user_id for each in entries})
    told: list[ChangedSetting] = []
    for each in changed:
        names = _ADDRESS_FIELDS if each.name == "visitorAddresses" else {FIELDS[each.name]}
        entry = next((entry for entry in entries if names & set(entry.details.get("fields", ()))), None)
        who = people.get(entry.user_id) if entry is not None else None
        by = (who.name or who.email) if who is not None else ""
        told.append(replace(each, by=by, at=entry.at if entry is not None else None))
    return told


def _store(context: Context, work: UnitOfWork, domain: Domain, changed: Domain) -> None:
    work.domains.save(changed)
    if changed.case_sensitive != domain.case_sensitive:
        for keys in rekey(work.connection, domain.id, partial(path_key, case_sensitive=changed.case_sensitive)):
            work.changes.record_many(domain.id, keys)
            # A portion at a time: a domain may have millions of links.
            work.changes.write(context.now())
    if any(getattr(changed, name) != getattr(domain, name) for name in _IN_EVERY_ROUTE):
        work.changes.record_all(domain.id)
    for name in ("redirect_404", "root_redirect"):
        if getattr(changed, name) is not None and getattr(changed, name) != getattr(domain, name):
            refuse_harmful(context, getattr(changed, name), field=LOST_FIELDS[name])
            LoopGuard(work).refuse_lost_loop(changed, name)
    if changed.webhook_url != domain.webhook_url:
        if changed.webhook_url:
            refuse_unreachable(context, changed.webhook_url, field="webhookURL")
        follow_webhook_url(work, changed, context.now())
    if changed.team_id != domain.team_id:
        _transfer(context, work, domain, changed)
    work.changes.record_domain(domain.id)
    names = sorted(name for name in Domain.__slots__ if getattr(changed, name) != getattr(domain, name))
    if noted := [name for name in names if name not in ("updated_at", "team_id")]:
        context.note(work, Event.DOMAIN_UPDATED, str(domain.id), changed, fields=noted)


def _transfer(context: Context, work: UnitOfWork, domain: Domain, changed: Domain) -> None:
    """What a domain leaves behind when it goes to another team: the permissions of those who are not in that one."""
    record_unshared(work, work.permissions.remove_outside(domain.id, changed.team_id))
    # Noted for both teams: those who lose a domain want to know as well.
    for place in (domain, changed):
        details = {"from": domain.team_id, "to": changed.team_id}
        context.note(work, Event.DOMAIN_TRANSFERRED, str(domain.id), place, **details)


def _style(sent: object) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise InvalidField("qr must be a JSON object.", field="qr")
    if not sent:
        return {}
    try:
        style = style_json(style_of(sent))
    except InvalidField as refusal:
        raise InvalidField(f"qr: {refusal.message}", field=f"qr.{refusal.field}" if refusal.field else "qr") from None
    if len(json.dumps(style)) > _MOST_STYLE_BYTES:
        raise InvalidField("qr is larger than 64 KB: give the logo as an http(s) address.", field="qr")
    return style


def _team(work: UnitOfWork, actor: Actor, domain: Domain, team_id: object) -> int | None:
    """The team to move ``domain`` to, None for none; NotAllowed by ``may_transfer``."""
    if team_id is not None and (isinstance(team_id, bool) or not isinstance(team_id, int)):
        raise InvalidField("teamId must be a number, or null for no team.", field="teamId")
    if (team_id or None) == domain.team_id:
        return domain.team_id
    if not team_id:
        if not may_transfer(actor, domain, None):
            raise NotAllowed("Only who registered the domain may take it out of its team.", field="teamId")
        return None
    team_to_use(work, actor, team_id)
    if not may_transfer(actor, domain, team_id):
        raise NotAllowed(
            "Only who registered the domain, or an owner of its team, may move it to another team.", field="teamId"
        )
    return team_id


def team_to_use(work: UnitOfWork, actor: Actor, team_id: int) -> None:
    """TeamNotFound unless ``actor`` may add domains to the team."""
    if not may_manage(actor, team_id) or work.teams.find(team_id, hold=work.writing) is None:
        raise TeamNotFound(f"teamId {team_id} is no team to which you may add domains.", field="teamId")
