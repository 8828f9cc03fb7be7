"""Variants of links and conversions, as the API answers them; the shapes are ours."""

from linnet.actions.breakdowns import ConversionsReport, VariantResult, VariantsReport
from linnet.api.statistics_shapes import ConversionStatistics, GoalRow, VariantRow, VariantStatistics
from linnet.api.statistics_wire import counted_interval, percent, worth
from linnet.model.statistics import Breakdown


def variant_statistics(report: VariantsReport) -> VariantStatistics:
    """getLinkVariantStatistics."""
    return {"interval": counted_interval(report.question), "variants": [_variant(each) for each in report.variants]}


def conversion_statistics(report: ConversionsReport) -> ConversionStatistics:
    """getLinkConversions, getDomainConversions."""
    totals = report.totals
    return {
        "interval": counted_interval(report.question),
        "clicks": totals.clicks,
        "humanClicks": totals.human_clicks,
        "uniqueVisitors": totals.visitors,
        "conversions": totals.conversions,
        "conversionValue": worth(totals.conversion_value),
        "goals": [_goal(each, totals.human_clicks) for each in report.goals],
    }


def _variant(result: VariantResult) -> VariantRow:
    totals, converted = result.breakdown.totals, result.breakdown.converted
    row: VariantRow = {
        "variant": result.label,
        "originalURL": result.original_url,
        "weight": result.weight,
        "clicks": totals.clicks,
        "humanClicks": totals.human_clicks,
        "uniqueVisitors": totals.visitors,
        "scans": totals.scans,
        "conversions": totals.conversions,
        "conversionValue": worth(totals.conversion_value),
        "convertedClicks": converted,
        "conversionRate": percent(converted, totals.human_clicks),
    }
    if result.name:
        row["name"] = result.name
    return row


def _goal(goal: Breakdown, human_clicks: int) -> GoalRow:
    return {
        "goal": goal.value,
        "conversions": goal.totals.conversions,
        "conversionValue": worth(goal.totals.conversion_value),
        "convertedClicks": goal.converted,
        "uniqueVisitors": goal.totals.visitors,
        "conversionRate": percent(goal.converted, human_clicks),
    }
