"""Variants of links and conversions, as the API answers them; the shapes are ours."""

from linnet.actions.breakdowns import ConversionsReport, VariantResult, VariantsReport
from linnet.api.statistics_shapes import ConversionStatistics, GoalRow, VariantName, VariantRow, VariantStatistics
from linnet.api.statistics_wire import counted_interval, counts, percent, worth
from linnet.model.statistics import Breakdown


def variant_statistics(report: VariantsReport) -> VariantStatistics:
    """getLinkVariantStatistics."""
    return {"interval": counted_interval(report.question), "variants": [_variant(each) for each in report.variants]}


def conversion_statistics(report: ConversionsReport) -> ConversionStatistics:
    """getLinkConversions, getDomainConversions."""
    return {
        "interval": counted_interval(report.question),
        **counts(report.totals),
        "goals": [_goal(each, report.totals.human_clicks) for each in report.goals],
    }


def _variant(result: VariantResult) -> VariantRow:
    totals, converted = result.breakdown.totals, result.breakdown.converted
    name: VariantName = {"name": result.name} if result.name else {}
    return {
        "variant": result.label,
        **name,
        "originalURL": result.original_url,
        "weight": result.weight,
        **counts(totals),
        "scans": totals.scans,
        "convertedClicks": converted,
        "conversionRate": percent(converted, totals.human_clicks),
    }


def _goal(goal: Breakdown, human_clicks: int) -> GoalRow:
    return {
        "goal": goal.value,
        "conversions": goal.totals.conversions,
        "conversionValue": worth(goal.totals.conversion_value),
        "convertedClicks": goal.converted,
        "uniqueVisitors": goal.totals.visitors,
        "conversionRate": percent(goal.converted, human_clicks),
    }
