// Clicks as they come: the newest 50, while somebody looks.
const SHOWN = 50;
// How often a screen reader is told how many there were.
const TOLD_MS = 8000;

function cell(text) {
  const made = document.createElement("td");
  made.dir = "auto";
  made.textContent = text;
  return made;
}

function timeOf(zone) {
  const how = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat(document.documentElement.lang, { ...how, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(document.documentElement.lang, { ...how, timeZone: "UTC" });
  }
}

class Live {
  constructor(box) {
    this.box = box;
    this.texts = box.dataset;
    this.time = timeOf(this.texts.zone);
    this.rows = box.querySelector("[data-live-rows]");
    this.status = box.querySelector("[data-live-status]");
    this.shown = box.querySelector("[data-live-shown]");
    this.button = box.querySelector("[data-live-pause]");
    this.paused = false;
    this.count = 0;
    this.waiting = [];
    box.addEventListener("toggle", () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
    this.button.addEventListener("click", () => this.pause());
  }

  // A stream is held only while it is looked at: a browser has few connections to one server.
  look() {
    if (this.box.open && document.visibilityState === "visible") {
      this.open();
    } else {
      this.close();
    }
  }

  open() {
    if (this.source) {
      return;
    }
    this.source = new EventSource(this.texts.live);
    this.say(this.count ? null : this.texts.waiting);
    this.source.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    this.source.addEventListener("gap", () => this.say(this.texts.gap));
    this.source.addEventListener("end", (event) => {
      this.say(JSON.parse(event.data).message);
      this.close();
    });
    this.source.addEventListener("error", () => this.say(this.texts.lost));
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  pause() {
    this.paused = !this.paused;
    this.button.setAttribute("aria-pressed", String(this.paused));
    this.say(this.paused ? this.texts.paused : null);
    if (!this.paused) {
      this.waiting.splice(0).forEach((click) => this.show(click));
    }
  }

  take(click) {
    this.count += 1;
    if (this.paused) {
      this.waiting.push(click);
      this.waiting.splice(0, this.waiting.length - SHOWN);
    } else {
      this.show(click);
    }
    if (!this.paused) {
      this.shown.textContent = this.counted();
    }
    this.tellCount();
  }

  tellCount() {
    this.telling ??= setTimeout(() => {
      this.telling = null;
      if (!this.paused) {
        this.say(null);
      }
    }, this.count === 1 ? 0 : TOLD_MS);
  }

  counted() {
    return `${this.texts.counted} ${this.count}`;
  }

  say(text) {
    this.status.textContent = text ?? this.counted();
    this.shown.textContent = this.status.textContent;
  }

  show(click) {
    const row = document.createElement("tr");
    const place = [click.city, click.country].filter(Boolean).join(", ") || this.texts.unknown;
    const tool = click.human ? [click.browser, click.os].filter(Boolean).join(", ") : `${this.texts.bot}: ${click.bot}`;
    row.append(
      cell(this.time.format(new Date(click.dt))),
      cell(click.path),
      cell(place),
      cell(tool || this.texts.unknown),
      cell(click.refhost || this.texts.direct),
    );
    this.rows.prepend(row);
    while (this.rows.rows.length > SHOWN) {
      this.rows.deleteRow(-1);
    }
  }
}

export function watchLive() {
  const box = document.querySelector("[data-live]");
  if (box) {
    new Live(box);
  }
}
