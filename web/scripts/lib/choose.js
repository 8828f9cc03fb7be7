// Lists of which several rows can be chosen: form[data-choose] with boxes named "link". What is done with them is shown when some
// are chosen; [data-choose-all] chooses all of the page, [data-choose-matching] all that match, and a click with Shift all between.
let last = null;

document.addEventListener("click", (event) => {
  const box = event.target.closest?.('form[data-choose] input[name="link"]');
  if (!box) {
    return;
  }
  const boxes = [...box.form.querySelectorAll('input[name="link"]')];
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) {
    for (const each of boxes.slice(from, to + 1)) {
      each.checked = box.checked;
    }
  }
  last = box;
  show(box.form);
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form?.hasAttribute("data-choose")) {
    return;
  }
  if (event.target.hasAttribute("data-choose-all")) {
    for (const box of form.querySelectorAll('input[name="link"]')) {
      box.checked = event.target.checked;
    }
  }
  show(form);
});

function show(form) {
  const boxes = [...form.querySelectorAll('input[name="link"]')];
  const chosen = boxes.filter((box) => box.checked).length;
  const every = form.querySelector("[data-choose-matching]");
  const whole = form.querySelector("[data-choose-all]");
  if (whole) {
    whole.checked = chosen > 0 && chosen === boxes.length;
    whole.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  if (chosen === 0 && every) {
    every.checked = false;
  }
  form.toggleAttribute("data-chosen", chosen > 0);
  const count = form.querySelector("[data-choose-count]");
  if (every?.checked) {
    count.textContent = every.parentElement.textContent.trim();
  } else {
    count.textContent = chosen === 0 ? "" : chosen === 1 ? count.dataset.one : count.dataset.many.replace("#", chosen);
  }
}

// Boxes that a browser remembers when it comes back to a page.
addEventListener("pageshow", () => document.querySelectorAll("form[data-choose]").forEach(show));
