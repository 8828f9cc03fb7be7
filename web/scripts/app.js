// What every page has: htmx, and the small things of our own.
import "htmx.org";
import "./lib/choose.js";
import "./lib/copy.js";
import "./lib/forms.js";
import "./lib/menus.js";
import "./lib/paste.js";
import "./lib/tabs.js";
