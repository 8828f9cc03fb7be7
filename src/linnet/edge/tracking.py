"""Services that are told of a visit before it goes on: the page that loads their scripts, and the scripts in other pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from linnet.edge.interstitial import Made, fresh_nonce, made, referrer_policy
from linnet.model.route import DomainRoute, Route

# For how long services that do not answer keep a visitor, and those that do may take to send what they know.
_PATIENCE_MS: Final = 1000
_GRACE_MS: Final = 250
_GOOGLE_HOSTS: Final = (
    "https://*.googletagmanager.com",
    "https://*.google-analytics.com",
    "https://*.analytics.google.com",
    "https://*.g.doubleclick.net",
    "https://*.google.com",
    "https://google.com",
    "https://www.googleadservices.com",
    "https://pagead2.googlesyndication.com",
)
# What each service's documentation says that its script loads and asks. A container of Google's Tag Manager may ask anybody.
_SCRIPTS_OF: Final[Mapping[str, Sequence[str]]] = {
    "google": ("https://www.googletagmanager.com",),
    "container": ("https://www.googletagmanager.com",),
    "meta": ("https://connect.facebook.net",),
    "tiktok": ("https://analytics.tiktok.com",),
    "adroll": ("https://s.adroll.com", "https://d.adroll.com"),
}
_HOSTS_OF: Final[Mapping[str, Sequence[str]]] = {
    "google": _GOOGLE_HOSTS,
    "container": ("https:",),
    "meta": ("https://www.facebook.com", "https://connect.facebook.net"),
    "tiktok": ("https://analytics.tiktok.com", "https://*.tiktokw.us"),
    "adroll": ("https://*.adroll.com",),
}
_FRAMES_OF: Final[Mapping[str, Sequence[str]]] = {
    "google": ("https://www.googletagmanager.com", "https://td.doubleclick.net"),
    "container": ("https://www.googletagmanager.com",),
}
_SERVICES: Final = {"fb": "meta", "tt": "tiktok", "adroll": "adroll"}
# Each service's own way: what its script expects to find when it arrives, and a page view as the first thing in its queue.
_SCRIPT: Final = """
(() => {
  const plan = JSON.parse(document.getElementById("plan").textContent);
  let waiting = 0, left = false;
  const leave = () => {
    if (left || !plan.to) return;
    left = true;
    location.replace(plan.to.includes("#") ? plan.to : plan.to + location.hash);
  };
  const load = source => {
    const script = document.createElement("script");
    script.async = true;
    script.src = source;
    waiting += 1;
    script.onload = script.onerror = () => { if (--waiting === 0) setTimeout(leave, plan.grace); };
    document.head.append(script);
  };
  const layer = window.dataLayer = window.dataLayer || [];
  const gtag = window.gtag = function () { layer.push(arguments); };
  const queueing = (queue, names, entry) => {
    for (const name of names) queue[name] = (...given) => { queue.push(entry(name, given)); };
  };
  const services = {
    google(id) {
      gtag("js", new Date());
      gtag("config", id, { transport_type: "beacon" });
      load(`https://www.googletagmanager.com/gtag/js?id=${id}`);
    },
    container(id) {
      layer.push({ "gtm.start": Date.now(), event: "gtm.js" });
      load(`https://www.googletagmanager.com/gtm.js?id=${id}`);
    },
    meta(id) {
      const fbq = window.fbq = window._fbq = function () {
        if (fbq.callMethod) fbq.callMethod.apply(fbq, arguments);
        else fbq.queue.push(arguments);
      };
      Object.assign(fbq, { push: fbq, loaded: true, version: "2.0", queue: [] });
      fbq("init", id);
      fbq("track", "PageView");
      load("https://connect.facebook.net/en_US/fbevents.js");
    },
    tiktok(id) {
      const source = "https://analytics.tiktok.com/i18n/pixel/events.js";
      const ttq = window.ttq = [], pixel = Object.assign([], { _u: source });
      window.TiktokAnalyticsObject = "ttq";
      ttq.methods = ["page", "track", "identify", "instances", "debug", "on", "off", "once", "ready", "alias", "group",
        "enableCookie", "disableCookie", "holdConsent", "revokeConsent", "grantConsent"];
      ttq.setAndDefer = (queue, name) => queueing(queue, [name], (called, given) => [called, ...given]);
      for (const name of ttq.methods) ttq.setAndDefer(ttq, name);
      ttq.instance = wanted => {
        for (const name of ttq.methods) ttq.setAndDefer(ttq._i[wanted], name);
        return ttq._i[wanted];
      };
      Object.assign(ttq, { _i: { [id]: pixel }, _t: { [id]: Date.now() }, _o: { [id]: {} } });
      load(`${source}?sdkid=${id}&lib=ttq`);
      ttq.page();
    },
    adroll(id) {
      const [advertiser, pixel] = id.split("/"), adroll = window.adroll = [];
      Object.assign(window, { adroll_adv_id: advertiser, adroll_version: "2.0", __adroll_loaded: true });
      if (pixel) window.adroll_pix_id = pixel;
      adroll.f = ["setProperties", "identify", "track"];
      queueing(adroll, adroll.f, (called, given) => [called, given]);
      load(`https://s.adroll.com/j/${advertiser}/roundtrip.js`);
      adroll.track("pageView");
    },
  };
  setTimeout(leave, plan.patience);
  for (const [service, id] of plan.told) services[service](id);
  if (waiting === 0) leave();
})();
"""


@dataclass(frozen=True, slots=True)
class Tracking:
    """What a page needs to tell services of a visit: HTML behind its content, and sources for its policy."""

    html: str = ""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)


def tracking_page(domain: DomainRoute, route: Route, destination: str) -> Made:
    """The page that tells the services of a route of the visit, and goes on: at once when they have loaded, after a second
    when they have not, and without scripts immediately."""
    tracking = tracking_of(route.tracking or {}, destination)
    there = escape(destination)
    return made(
        domain.hostname,
        head=f'<noscript><meta http-equiv="refresh" content="0;url={there}"></noscript>',
        body=f'<p>One moment, please. <a href="{there}">Go on</a></p>{tracking.html}',
        referrer=referrer_policy(domain),
        sources=tracking.sources,
    )


def tracking_of(ids: Mapping[str, str], destination: str = "") -> Tracking:
    """The scripts for these ids (by integration, as ``model/tracking.usable_ids`` leaves them); the page stays where it is
    without a ``destination``."""
    told = list(dict.fromkeys((_service(name, text), text) for name, text in ids.items()))
    if not told and not destination:
        return Tracking()
    nonce = fresh_nonce()
    plan = {"told": told, "to": destination, "patience": _PATIENCE_MS, "grace": _GRACE_MS}
    html = f'<script type="application/json" id="plan">{script_json(plan)}</script><script nonce="{nonce}">{_SCRIPT}</script>'
    services = [service for service, _ in told]
    hosts = [host for service in services for host in _HOSTS_OF[service]]
    sources = {
        # The hosts are for browsers that do not know strict-dynamic; the others trust what a script with the nonce loads.
        "script-src": (f"'nonce-{nonce}'", "'strict-dynamic'", *(host for each in services for host in _SCRIPTS_OF[each])),
        "connect-src": hosts,
        "img-src": hosts,
        "frame-src": [host for service in services for host in _FRAMES_OF.get(service, ())],
    }
    return Tracking(html, sources)


def script_json(value: object) -> str:
    """JSON that may stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _service(name: str, text: str) -> str:
    if name in _SERVICES:
        return _SERVICES[name]
    return "container" if text.startswith("GTM-") else "google"
