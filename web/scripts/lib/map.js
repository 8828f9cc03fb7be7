// The world, its countries coloured by clicks. The shapes are one file for all pages; colours are classes of the style sheet.
const SVG = "http://www.w3.org/2000/svg";
const shapes = new Map();

function shapesFrom(address) {
  if (!shapes.has(address)) {
    shapes.set(address, fetch(address).then((answer) => answer.json()));
  }
  return shapes.get(address);
}

async function draw(place) {
  const { width, height, countries } = await shapesFrom(place.dataset.mapSource);
  const clicks = JSON.parse(place.dataset.map);
  const told = place.parentElement.querySelector("[data-map-told]");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const [code, path] of Object.entries(countries)) {
    const [level, text] = clicks[code] ?? [0, ""];
    const shape = document.createElementNS(SVG, "path");
    shape.setAttribute("d", path);
    shape.setAttribute("class", `land map-${level}`);
    if (level) {
      shape.dataset.country = code;
      shape.addEventListener("pointerenter", () => {
        told.textContent = text;
      });
      shape.addEventListener("pointerleave", () => {
        told.textContent = "";
      });
      shape.addEventListener("click", () => {
        location.assign(place.dataset.mapFilter + encodeURIComponent(code));
      });
    }
    svg.append(shape);
  }
  place.replaceChildren(svg);
}

export function drawMaps(within) {
  for (const place of within.querySelectorAll("[data-map]")) {
    if (!place.dataset.drawn) {
      place.dataset.drawn = "1";
      draw(place).catch(() => delete place.dataset.drawn);
    }
  }
}
