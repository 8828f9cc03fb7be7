// A long URL that is pasted outside of any field becomes a new link: [data-paste-to] says where links are made.
// Not where a form was begun that would be lost.
let begun = false;
document.addEventListener("input", (event) => {
  begun ||= event.target.form?.method === "post";
});

document.addEventListener("paste", (event) => {
  const form = document.querySelector("[data-paste-to]");
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  const text = (event.clipboardData?.getData("text") ?? "").trim();
  if (form && !begun && !field && text.length <= 8192 && /^https?:\/\/\S+$/i.test(text)) {
    event.preventDefault();
    location.assign(`${form.dataset.pasteTo}?url=${encodeURIComponent(text)}`);
  }
});
