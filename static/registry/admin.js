/* Says what each box for a link is for: select2 gives its boxes no name. */
"use strict";
{
  const $ = django.jQuery;

  function labelOf(select) {
    const label = select.labels[0];
    if (label && !label.id) {
      label.id = `label_of_${select.id}`;
    }
    return label;
  }

  function name(select) {
    const label = labelOf(select);
    const container = select.nextElementSibling;
    if (!label || !container) {
      return;
    }
    const box = container.querySelector(".select2-selection");
    const value = box.getAttribute("aria-labelledby") || "";
    box.setAttribute("aria-labelledby", `${label.id} ${value}`.trim());
    const shown = box.querySelector("[role=textbox]");
    if (shown) {
      // it shows what is chosen, and takes no text
      shown.removeAttribute("role");
      shown.removeAttribute("aria-readonly");
    }
    const search = container.querySelector(".select2-search__field");
    if (search) {
      search.setAttribute("aria-labelledby", label.id);
    }
  }

  // What drops down stands at the end of the page, apart from its box
  function nameOpened(select) {
    const label = labelOf(select);
    const box = select.nextElementSibling.querySelector(".select2-selection");
    const list = document.getElementById(box.getAttribute("aria-owns"));
    if (!label || !list) {
      return;
    }
    box.setAttribute("aria-controls", list.id);
    list.setAttribute("aria-labelledby", label.id);
    const dropdown = list.closest(".select2-dropdown");
    dropdown.setAttribute("role", "region");
    dropdown.setAttribute("aria-labelledby", label.id);
    const search = dropdown.querySelector(".select2-search__field");
    if (search) {
      search.setAttribute("aria-labelledby", label.id);
    }
  }

  $(() => {
    document.querySelectorAll(".admin-autocomplete").forEach(name);
    $(document).on("select2:open", (event) => nameOpened(event.target));
  });
}
