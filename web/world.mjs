// The countries of the world as paths of an SVG, by ISO 3166-1 alpha-2 code: projected, and as simple as a small map needs them.
import { readFileSync } from "node:fs";

import countries from "i18n-iso-countries";
import { feature } from "topojson-client";

const WIDTH = 1200;
const TOLERANCE = 0.8;
// Islands smaller than this are left out, but for the largest part of each country, which nobody's clicks may lack.
const LEAST_AREA = 3;
const DOT = 3;
// What has no number in ISO 3166-1, by its name in Natural Earth.
const UNNUMBERED = { Kosovo: "XK", Somaliland: "SO", "N. Cyprus": "CY" };

// Natural Earth's own projection (Šavrič and others, 2011), as wide as the map.
function project([longitude, latitude]) {
  const phi = (latitude * Math.PI) / 180;
  const phi2 = phi * phi;
  const phi4 = phi2 * phi2;
  const x = longitude * (Math.PI / 180) * (0.8707 - 0.131979 * phi2 + phi4 * (-0.013791 + phi4 * (0.003971 * phi2 - 0.001529 * phi4)));
  const y = phi * (1.007226 + phi2 * (0.015085 + phi4 * (-0.044475 + 0.028874 * phi2 - 0.005916 * phi4)));
  const scale = WIDTH / (2 * Math.PI * 0.8707);
  return [WIDTH / 2 + x * scale, -y * scale];
}

// Douglas and Peucker's: what lies nearer than the tolerance to a line is left out.
function simplified(points) {
  if (points.length < 3) {
    return points;
  }
  const [first, last] = [points[0], points.at(-1)];
  const length = Math.hypot(last[0] - first[0], last[1] - first[1]);
  let farthest = 0;
  let place = 0;
  for (let at = 1; at < points.length - 1; at += 1) {
    const [x, y] = points[at];
    const away = length
      ? Math.abs((last[0] - first[0]) * (first[1] - y) - (first[0] - x) * (last[1] - first[1])) / length
      : Math.hypot(x - first[0], y - first[1]);
    if (away > farthest) {
      [farthest, place] = [away, at];
    }
  }
  if (farthest <= TOLERANCE) {
    return [first, last];
  }
  return [...simplified(points.slice(0, place + 1)).slice(0, -1), ...simplified(points.slice(place))];
}

function area(ring) {
  let twice = 0;
  for (let at = 0; at < ring.length; at += 1) {
    const [[x1, y1], [x2, y2]] = [ring[at], ring[(at + 1) % ring.length]];
    twice += x1 * y2 - x2 * y1;
  }
  return Math.abs(twice / 2);
}

function dot([x, y]) {
  return [[x - DOT, y], [x, y - DOT], [x + DOT, y], [x, y + DOT]];
}

// In whole steps from each point to the next, which are short numbers.
function pathOf(ring, top) {
  const points = ring.map(([x, y]) => [Math.round(x), Math.round(y - top)]);
  let [[x, y]] = points;
  let path = `M${x} ${y}l`;
  for (const [nextX, nextY] of points.slice(1)) {
    if (nextX !== x || nextY !== y) {
      path += `${nextX - x} ${nextY - y} `;
      [x, y] = [nextX, nextY];
    }
  }
  return `${path.trimEnd().replaceAll(" -", "-")}z`;
}

export function world(file) {
  const topology = JSON.parse(readFileSync(file, "utf8"));
  const { scale, translate } = topology.transform;
  // Arcs are shared by neighbours, so that their borders stay one line when each arc is simplified by itself.
  topology.arcs = topology.arcs.map((arc) => {
    let [x, y] = [0, 0];
    const points = arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return project([x * scale[0] + translate[0], y * scale[1] + translate[1]]);
    });
    return simplified(points);
  });
  delete topology.transform;
  const [, top] = project([0, 84]);
  const [, bottom] = project([0, -57]);
  const paths = {};
  for (const { id, properties, geometry } of feature(topology, topology.objects.countries).features) {
    const code = UNNUMBERED[properties.name] ?? (id ? countries.numericToAlpha2(id) : undefined);
    if (code === "AQ" || !geometry) {
      continue;
    }
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const rings = polygons.flat().filter((ring) => ring.length > 3);
    const largest = rings.length ? rings.reduce((most, ring) => (area(ring) > area(most) ? ring : most)) : null;
    let shown = rings.filter((ring) => area(ring) >= LEAST_AREA);
    if (!shown.length) {
      shown = [dot(largest?.[0] ?? polygons[0][0][0])];
    }
    const key = code ?? "";
    paths[key] = (paths[key] ?? "") + shown.map((ring) => pathOf(ring, top)).join("");
  }
  return { width: WIDTH, height: Math.ceil(bottom - top), countries: paths };
}
