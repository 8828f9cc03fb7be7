"""What came of a link's variants, and which goals visitors reached."""

from dataclasses import dataclass, replace

from linnet.actions.context import Context, link_and_domain
from linnet.actions.statistics import StatisticsRequest, question_of, whole_domain
from linnet.model.access import Action
from linnet.model.click import Variant
from linnet.model.link import Link
from linnet.model.route import DEFAULT_SPLIT_PERCENT
from linnet.model.statistics import Breakdown, Kind, Question, Totals
from linnet.model.variants import OwnTargeting
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.unit_of_work import UnitOfWork

# As many as a link can ever have had: all letters, and the two of Short.io's own split.
_MAX_VARIANTS = 18
MAX_GOALS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantResult:
    """What came of one variant; ``original_url`` is where it leads, None for one that the link does not have any more, whose
    ``weight`` is 0. ``name`` is for people, "" for none."""

    label: str
    breakdown: Breakdown
    original_url: str | None = None
    weight: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantsReport:
    """The variants that a link has, also those that nobody got, and then those that it had and that have clicks."""

    question: Question
    variants: tuple[VariantResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionsReport:
    """The totals of all clicks, and each goal that came of them, the most frequent first: at most MAX_GOALS."""

    question: Question
    totals: Totals
    goals: tuple[Breakdown, ...]


def link_variants(context: Context, engine: StatisticsEngine, link_id: str, request: StatisticsRequest) -> VariantsReport:
    """How the variants of a link did."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, link_id)
        variants = _variants(link, work.rules.find(link.number))
    question = question_of(context, Kind.BREAKDOWN, domain.id, request)
    question = replace(question, link_number=link.number, column="ab_path", limit=_MAX_VARIANTS)
    found = {each.value: each for each in engine.breakdown(question)}
    present = [replace(each, breakdown=found.pop(each.label, each.breakdown)) for each in variants]
    gone = [VariantResult(label=label, breakdown=each) for label, each in sorted(found.items())]
    return VariantsReport(question=question, variants=(*present, *gone))


def conversions(context: Context, engine: StatisticsEngine, of: int | str, request: StatisticsRequest) -> ConversionsReport:
    """The goals that came of the clicks of a domain, if ``of`` is its id, a number, or of a link, if it is that one's."""
    with context.database.read() as work:
        domain_id, number = _place(work, context, of)
    question = replace(question_of(context, Kind.OVERVIEW, domain_id, request), link_number=number, bucket=None)
    totals = engine.overview(replace(question, previous=None)).totals
    asked = replace(question, kind=Kind.BREAKDOWN, column="goal_completed", limit=MAX_GOALS)
    return ConversionsReport(question=question, totals=totals, goals=engine.breakdown(asked))


def _place(work: UnitOfWork, context: Context, of: int | str) -> tuple[int, int | None]:
    if isinstance(of, int):
        return whole_domain(work, context.actor, of).id, None
    link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, of)
    return domain.id, link.number


def _variants(link: Link, own: OwnTargeting) -> list[VariantResult]:
    """The variants that a link has now, without clicks; its weighted ones go before its split, as the edge has it."""

    def variant(label: str, original_url: str | None, weight: int, name: str = "") -> VariantResult:
        breakdown = Breakdown(value=label, totals=Totals())
        return VariantResult(
            label=label, breakdown=breakdown, original_url=original_url or link.original_url, weight=weight, name=name
        )

    if own.variants:
        return [variant(each.label, each.original_url, each.weight, each.name) for each in own.variants]
    if link.split_url is None:
        return []
    share = link.split_percent or DEFAULT_SPLIT_PERCENT
    return [variant(Variant.ORIGINAL, None, 100 - share), variant(Variant.SPLIT, link.split_url, share)]
