// What pages of statistics have beside htmx: the chart, the map, and clicks as they come. No other page loads this.
import { drawCharts } from "./lib/chart.js";
import { watchLive } from "./lib/live.js";
import { drawMaps } from "./lib/map.js";

// The address says all that the page shows, also where it left something to the reader's settings: so it can be handed on.
const shown = document.querySelector("[data-address]")?.dataset.address;
if (shown && shown !== location.pathname + location.search) {
  history.replaceState(null, "", shown + location.hash);
}

function draw(within) {
  drawCharts(within);
  drawMaps(within);
}

draw(document);
watchLive();
document.addEventListener("htmx:load", (event) => draw(event.target));
