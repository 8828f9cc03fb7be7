// Clicks over time, on a canvas: the policy of the page lets no styles into its markup.
import { LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const drawn = new Map();

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function optionOf(told) {
  const text = { color: colour("--chart-text"), fontFamily: "inherit", fontSize: 12 };
  const now = colour("--chart-now");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const few = told.clicks.length <= 31;
  const series = [
    {
      type: "line",
      name: told.name,
      data: told.clicks,
      symbol: "circle",
      symbolSize: 5,
      showSymbol: few,
      showAllSymbol: few,
      lineStyle: { width: 2, color: now },
      itemStyle: { color: now },
      areaStyle: { color: now, opacity: 0.12 },
      emphasis: { disabled: true },
    },
  ];
  if (told.before) {
    const before = colour("--chart-before");
    series.push({
      type: "line",
      name: told.nameBefore,
      data: told.before,
      symbol: "none",
      lineStyle: { width: 2, type: "dashed", color: before },
      itemStyle: { color: before },
      emphasis: { disabled: true },
    });
  }
  return {
    animation: !still.matches,
    animationDuration: 300,
    grid: { left: 8, right: 16, top: 16, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: told.labels,
      boundaryGap: false,
      axisLabel: { ...text, hideOverlap: true },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("--chart-grid") } },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: { ...text, formatter: (value) => number.format(value) },
      splitLine: { lineStyle: { color: colour("--chart-grid") } },
    },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      backgroundColor: colour("--chart-tip"),
      borderColor: colour("--chart-grid"),
      textStyle: { ...text, color: colour("--chart-tip-text") },
      confine: true,
      formatter(points) {
        const at = points[0].dataIndex;
        const lines = [`${told.labels[at]}: ${number.format(told.clicks[at])}`];
        if (told.before && told.before[at] !== null) {
          lines.push(`${told.labelsBefore[at]}: ${number.format(told.before[at])}`);
        }
        return lines.join("\n");
      },
    },
    series,
  };
}

export function drawCharts(within) {
  const places = [...within.querySelectorAll("[data-chart]")].filter((place) => !drawn.has(place));
  for (const place of places) {
    const told = JSON.parse(place.dataset.chart);
    const chart = init(place, null, { renderer: "canvas" });
    chart.setOption(optionOf(told));
    new ResizeObserver(() => chart.resize()).observe(place);
    drawn.set(place, { chart, told });
  }
}

function drawAgain() {
  for (const { chart, told } of drawn.values()) {
    chart.setOption(optionOf(told), true);
  }
}

dark.addEventListener("change", drawAgain);
still.addEventListener("change", drawAgain);
