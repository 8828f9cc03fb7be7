// Where tabs do not fit the screen, the one that is open is in sight.
document.querySelector(".tab[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
