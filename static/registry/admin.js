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
    const search = container.querySelector(".select2-search__field");
    if (search) {
      search.setAttribute("aria-labelledby", label.id);
    }
  }

  $(() => {
    document.querySelectorAll(".admin-autocomplete").forEach(name);
    $(document).on("select2:open", (event) => {
      const search = document.querySelector(
        ".select2-container--open .select2-search--dropdown .select2-search__field",
      );
      const label = labelOf(event.target);
      if (search && label) {
        search.setAttribute("aria-labelledby", label.id);
      }
    });
  });
}
