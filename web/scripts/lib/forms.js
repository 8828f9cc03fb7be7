// Forms: sent once, but for those with data-again, which download a file; sent by a change where data-submit-on-change says so; asked about first where data-confirm says so; not sent by a button that data-needs a field that is empty.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const needed = document.getElementById(event.submitter?.dataset.needs);
  if (needed && !needed.value.trim()) {
    event.preventDefault();
    event.stopPropagation();
    needed.setCustomValidity(needed.dataset.needed);
    needed.reportValidity();
    for (const kind of ["input", "blur"]) {
      needed.addEventListener(kind, () => needed.setCustomValidity(""), { once: true });
    }
    return;
  }
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post") && !form.hasAttribute("data-again") && !event.submitter?.hasAttribute("data-download")) {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  }
}, true);

// Who comes back to a page by the browser's history may send its forms again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});

// Who goes through a list by keys has not chosen yet: that is done by Enter, or by going on.
let going = false;
let undecided = null;

function decide() {
  const form = undecided;
  undecided = null;
  form?.requestSubmit();
}

document.addEventListener("keydown", (event) => {
  going = event.target.tagName === "SELECT" && event.key !== "Enter";
  if (undecided && event.key === "Enter") {
    event.preventDefault();
    decide();
  }
});
document.addEventListener("pointerdown", () => {
  going = false;
});
document.addEventListener("focusout", decide);

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form && going && event.target.tagName === "SELECT") {
    undecided = form;
  } else if (form) {
    form.requestSubmit();
  }
});

// Who gives a file or an address has chosen it: data-picks="ID VALUE" sets that list, too.
document.addEventListener("input", (event) => {
  const [id, value] = (event.target.dataset.picks ?? "").split(" ");
  if (value && event.target.value) {
    document.getElementById(id).value = value;
  }
});

// A file that is too large is refused before it is sent: data-most-bytes, with the words in data-too-large.
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const field = event.target;
    if (!field.dataset.mostBytes) {
      return;
    }
    const tooLarge = [...field.files].some((file) => file.size > Number(field.dataset.mostBytes));
    field.setCustomValidity(tooLarge ? field.dataset.tooLarge : "");
    if (tooLarge) {
      event.stopImmediatePropagation();
      field.reportValidity();
    }
  }, true);
}

// Who is told what is wrong begins at the first field that is, unless the page says where.
const wrong = document.querySelector("[aria-invalid]");
if (wrong && (document.activeElement === document.body || !document.activeElement)) {
  wrong.focus();
}

// htmx remembers the button that was pressed last, and sends later changes of the form where that leads; in browsers whose buttons
// take no focus it never forgets it.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, triggeringEvent, verb } = event.detail;
  if (elt.tagName === "FORM" && triggeringEvent && triggeringEvent.type !== "submit") {
    event.detail.path = elt.getAttribute(`hx-${verb}`);
  }
});
