// Joins blocks of code that follow one another in different languages into tabs.
// Without JavaScript they stand one below the other, each with its language.
function groupsOf(article) {
  const groups = [];
  for (const block of article.querySelectorAll("pre[data-language]")) {
    const last = groups.at(-1);
    if (last && last.at(-1).nextElementSibling === block) last.push(block);
    else groups.push([block]);
  }
  return groups.filter(
    (group) => new Set(group.map((b) => b.dataset.language)).size === group.length,
  ).filter((group) => group.length > 1);
}

const groups = [];

function show(language) {
  for (const { blocks, buttons } of groups) {
    if (!blocks.some((block) => block.dataset.language === language)) continue;
    blocks.forEach((block, index) => {
      const chosen = block.dataset.language === language;
      block.hidden = !chosen;
      buttons[index].setAttribute("aria-pressed", String(chosen));
      buttons[index].classList.toggle("outline", !chosen);
    });
  }
}

document.querySelectorAll(".guide article").forEach((article) => {
  for (const blocks of groupsOf(article)) {
    const bar = document.createElement("div");
    bar.className = "tab-list";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Language of the example");
    const buttons = blocks.map((block) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = block.dataset.language;
      button.addEventListener("click", () => show(block.dataset.language));
      return button;
    });
    bar.append(...buttons);
    blocks[0].before(bar);
    groups.push({ blocks, buttons });
  }
});
if (groups.length) show(groups[0].blocks[0].dataset.language);
