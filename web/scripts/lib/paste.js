// A long URL that is pasted outside of any field becomes a new link: [data-paste-to] says where links are made.
document.addEventListener("paste", (event) => {
  const form = document.querySelector("[data-paste-to]");
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  const text = (event.clipboardData?.getData("text") ?? "").trim();
  if (form && !field && text.length <= 8192 && /^https?:\/\/\S+$/i.test(text)) {
    event.preventDefault();
    location.assign(`${form.dataset.pasteTo}?url=${encodeURIComponent(text)}`);
  }
});
