// The link form: a part of it is only swapped for a part of the same form. When the session is over, the whole form is sent, so
// that the sign-in page keeps it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = document.getElementById("link-form");
  const { xhr } = event.detail;
  if (!form || !form.contains(event.target) || xhr.responseText.includes('id="link-form"')) {
    return;
  }
  event.detail.shouldSwap = false;
  if (xhr.status === 401) {
    form.requestSubmit();
    return;
  }
  const text = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[role=alert]");
  const notice = document.createElement("p");
  notice.className = "alert";
  notice.textContent = text ? text.textContent : xhr.statusText;
  document.getElementById("notices").replaceChildren(notice);
});
