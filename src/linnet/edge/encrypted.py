"""The page of an encrypted link, which the visitor's browser opens with the key in the address's fragment (contract e)."""

from html import escape
from typing import Final

from linnet.edge.interstitial import Made, fresh_nonce, made
from linnet.edge.preview import tag_elements
from linnet.model.route import DomainRoute, Route

_SCHEME: Final = "shortsecure://"
_TITLE: Final = "This link is encrypted"
# AES-128-GCM with a nonce of 12 bytes. Links of older iOS apps lack the tag that GCM puts behind the ciphertext, by which it
# tells a wrong key. What GCM encrypts with is counter mode from 2 on, which opens them; what comes out has to be an address.
_SCRIPT: Final = """
(() => {
  const main = document.querySelector("main");
  const say = text => { document.getElementById("state").textContent = text; };
  const bytes = text => Uint8Array.from(
    atob(decodeURIComponent(text).replaceAll("-", "+").replaceAll("_", "/")), each => each.charCodeAt(0));
  const withTag = async (key, iv, sealed) => crypto.subtle.decrypt(
    { name: "AES-GCM", iv }, await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]), sealed);
  const withoutTag = async (key, iv, sealed) => {
    const counter = new Uint8Array(16);
    counter.set(iv);
    counter[15] = 2;
    const imported = await crypto.subtle.importKey("raw", key, "AES-CTR", false, ["decrypt"]);
    return crypto.subtle.decrypt({ name: "AES-CTR", counter, length: 32 }, imported, sealed);
  };
  const address = opened => {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(opened).trim();
    return /^https?:\\/\\/[^\\s\\x00-\\x1f\\x7f]+$/i.test(text) ? new URL(text).href : null;
  };
  const open = async () => {
    const fragment = location.hash.slice(1);
    if (!fragment) {
      return say("The key is missing: it is the part of the address behind #. Ask for the whole link.");
    }
    if (!window.crypto || !crypto.subtle) {
      return say("This browser decrypts nothing on a page without encryption. Open the link with https:// in front.");
    }
    say("Opening it here, in your browser\\u2026");
    let destination;
    try {
      const [sealed, iv] = main.dataset.sealed.split("?").map(bytes);
      const key = bytes(fragment);
      try {
        destination = address(await withTag(key, iv, sealed));
      } catch {
        destination = address(await withoutTag(key, iv, sealed));
        if (!destination) throw new Error();
      }
    } catch {
      return say("The key does not fit: the part of the address behind # is damaged, or of another link.");
    }
    if (!destination) {
      return say("What is in it is no address of the web, so that it is not opened.");
    }
    location.replace(destination);
  };
  addEventListener("hashchange", open);
  open();
})();
"""


def encrypted_page(domain: DomainRoute, route: Route, destination: str) -> Made:
    """The page that opens ``destination`` (``shortsecure://<ciphertext>?<nonce>``, both base64). Nothing else is loaded, and
    nothing is told of where the visitor came from: whoever encrypts a link wants it so."""
    nonce = fresh_nonce()
    body = (
        f'<main data-sealed="{escape(destination.removeprefix(_SCHEME))}"><h1>{_TITLE}</h1><p id="state"></p>'
        "<noscript><p>A script opens it, in your browser alone. Allow scripts on this page, and load it again.</p></noscript>"
        f'</main><script nonce="{nonce}">{_SCRIPT}</script>'
    )
    return made(
        _TITLE,
        head=tag_elements(route),
        body=body,
        referrer="no-referrer",
        sources={"script-src": (f"'nonce-{nonce}'",)},
    )
