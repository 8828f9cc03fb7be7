// Menus that hang over the page: Escape closes one and goes back to its button, and so does whoever goes on elsewhere.
const OPEN = "details.menu[open], details.stat-menu[open]";

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.(OPEN);
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of document.querySelectorAll(OPEN)) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
  });
}
