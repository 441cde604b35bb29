// Closes the open menu by Escape or a click elsewhere; without JavaScript its own
// summary does it. In a block, for a page that takes the place of another runs it again.
"use strict";

{
  const menus = document.querySelectorAll("details.menu");
  document.addEventListener("click", (event) => {
    for (const menu of menus) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus) {
      if (!menu.open) continue;
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
