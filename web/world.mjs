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

// Douglas and Peucker's: what lies nearer than the tolerance to a line on the map is left out.
function simplified(points) {
  if (points.length < 3) {
    return points;
  }
  const [[x1, y1], [x2, y2]] = [project(points[0]), project(points.at(-1))];
  const length = Math.hypot(x2 - x1, y2 - y1);
  let farthest = 0;
  let place = 0;
  for (let at = 1; at < points.length - 1; at += 1) {
    const [x, y] = project(points[at]);
    const away = length ? Math.abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length : Math.hypot(x - x1, y - y1);
    if (away > farthest) {
      [farthest, place] = [away, at];
    }
  }
  if (farthest <= TOLERANCE) {
    return [points[0], points.at(-1)];
  }
  return [...simplified(points.slice(0, place + 1)).slice(0, -1), ...simplified(points.slice(place))];
}

// Longitudes that go on over 180 degrees, where those of the atlas begin again at -180.
function unwrapped(points) {
  let turn = 0;
  return points.map(([longitude, latitude], at) => {
    const step = at ? longitude - points[at - 1][0] : 0;
    turn += step > 180 ? -360 : step < -180 ? 360 : 0;
    return [longitude + turn, latitude];
  });
}

// The part of a ring on one side of a meridian (Sutherland and Hodgman).
function side(ring, meridian, keeps) {
  const kept = [];
  for (let at = 0; at < ring.length; at += 1) {
    const [from, to] = [ring[at], ring[(at + 1) % ring.length]];
    if (keeps(from[0])) {
      kept.push(from);
    }
    if (keeps(from[0]) !== keeps(to[0])) {
      const part = (meridian - from[0]) / (to[0] - from[0]);
      kept.push([meridian, from[1] + part * (to[1] - from[1])]);
    }
  }
  return kept;
}

// What a ring is on a map that ends at 180 degrees: itself, or its parts on both edges.
function onMap(ring) {
  const whole = unwrapped(ring);
  const parts = [-360, 0, 360].map((turn) => {
    const moved = whole.map(([longitude, latitude]) => [longitude + turn, latitude]);
    return side(side(moved, 180, (longitude) => longitude <= 180), -180, (longitude) => longitude >= -180);
  });
  return parts.filter((part) => part.length > 2).map((part) => part.map(project));
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
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
    return simplified(unwrapped(points)).map(([longitude, latitude]) => [((longitude + 540) % 360) - 180, latitude]);
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
    const rings = polygons.flat().flatMap(onMap);
    const largest = rings.length ? rings.reduce((most, ring) => (area(ring) > area(most) ? ring : most)) : null;
    let shown = rings.filter((ring) => area(ring) >= LEAST_AREA);
    if (!shown.length) {
      shown = [dot(largest?.[0] ?? project(polygons[0][0][0]))];
    }
    const key = code ?? "";
    paths[key] = (paths[key] ?? "") + shown.map((ring) => pathOf(ring, top)).join("");
  }
  return { width: WIDTH, height: Math.ceil(bottom - top), countries: paths };
}
