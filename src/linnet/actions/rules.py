"""Linnet's own targeting: ordered rules, and weighted variants, of a link."""

from collections.abc import Sequence

from linnet.actions.context import Context, link_and_domain
from linnet.actions.harm import refuse_harmful
from linnet.actions.loops import LoopGuard
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.conditions import Region, leaves_of
from linnet.model.errors import InvalidField
from linnet.model.path import path_key
from linnet.model.rules import Rule
from linnet.model.variants import OwnTargeting, WeightedVariant, labelled
from linnet.visitor.regions import regions_of


def get_own_targeting(context: Context, link_id: str, *, domain_id: int | None = None) -> OwnTargeting:
    """The rules and the variants of a link. Where ``domain_id`` is given, here and below, it must be the link's domain;
    LinkNotFound otherwise."""
    with context.database.read() as work:
        link, _ = link_and_domain(work, context.actor, Action.READ, link_id, domain_id=domain_id)
        return work.rules.find(link.number)


def save_rules(context: Context, link_id: str, rules: Sequence[Rule], *, domain_id: int | None = None) -> tuple[Rule, ...]:
    """Replace all rules of a link; InvalidField where one names a region that there is not, or leads back to the link."""
    for number, rule in enumerate(rules):
        refuse_unknown_regions(rule, f"rules[{number}].condition")
        refuse_harmful(context, rule.original_url, field=f"rules[{number}].originalURL")
    return _save(context, link_id, domain_id, rules=tuple(rules)).rules


def save_variants(
    context: Context, link_id: str, variants: Sequence[WeightedVariant], *, domain_id: int | None = None
) -> tuple[WeightedVariant, ...]:
    """Replace all variants of a link, and give each a label; InvalidField where one leads back to the link."""
    for number, variant in enumerate(variants):
        refuse_harmful(context, variant.original_url, field=f"variants[{number}].originalURL")
    return _save(context, link_id, domain_id, variants=tuple(variants)).variants


def _save(
    context: Context,
    link_id: str,
    domain_id: int | None,
    *,
    rules: tuple[Rule, ...] | None = None,
    variants: tuple[WeightedVariant, ...] | None = None,
) -> OwnTargeting:
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, domain_id=domain_id, hold=True)
        before = work.rules.find(link.number)
        own = before
        if rules is not None:
            own = own._replace(rules=rules)
        if variants is not None:
            own = own._replace(variants=labelled(variants, before.variants))
        if own != before:
            key = path_key(link.path, case_sensitive=domain.case_sensitive)
            LoopGuard(work).refuse_loops_by_rule(link, domain, key, own)
            work.rules.save(link.number, own)
            work.changes.record(domain.id, key)
            counted = {"rules": len(own.rules)} if rules is not None else {"variants": len(own.variants)}
            context.note(work, Event.TARGETING_CHANGED, link.id, domain, **counted)
    context.publish(work.sequence)
    return own


def refuse_unknown_regions(rule: Rule, path: str) -> None:
    """InvalidField, naming ``path``, when the rule's condition names a region that ISO 3166-2 does not have."""
    for leaf in leaves_of(rule.condition):
        for code in leaf.codes if isinstance(leaf, Region) else ():
            country, _, region = code.partition("-")
            if region not in regions_of(country):
                raise InvalidField(f"{path} names the region '{code}', which ISO 3166-2 does not have.", field=path)
