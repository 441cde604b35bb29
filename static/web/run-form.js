// Shows the JSON that the form of a model run sends while people type, and adds inputs
// without asking the registry. Without JavaScript, buttons of the form do both.
// suggest.js, which comes before, has the class Suggestions.

const LOCAL = /^\d{4}(-\d\d){2}T\d\d:\d\d(:\d\d(\.\d+)?)?$/;
const isFilled = (input) => Boolean(input.value.trim());

// Ids as numbers, times with their zone
function contentOf(input) {
  const text = input.value.trim();
  if (input.dataset.kind) return /^\d{1,15}$/.test(text) ? Number(text) : text;
  return input.type === "datetime-local" && LOCAL.test(text) ? `${text}Z` : input.value;
}

function datasetOf(slot, row) {
  const find = (part) => [...row.querySelectorAll(`[data-${part}]`)].filter(isFilled);
  const paths = find("resource").map((one) => [one.dataset.resource, one.value]);
  const [dataset] = find("dataset");
  const lines = find("components").flatMap((one) => one.value.split("\n"));
  const components = lines.map((line) => line.trim()).filter(Boolean);
  return {
    dataset_template: Number(slot.dataset.slot),
    ...(dataset ? { dataset: contentOf(dataset) } : {}),
    ...(paths.length ? { resources: Object.fromEntries(paths) } : {}),
    ...(components.length ? { components } : {}),
  };
}

// Those that are filled in, and of a required template one
function datasetsOf(slot) {
  const rows = [...slot.querySelectorAll(".dataset")];
  const filled = rows.filter((row) => [...row.querySelectorAll("[name]")].some(isFilled));
  const sent = filled.length || !("required" in slot.dataset) ? filled : rows.slice(0, 1);
  return sent.map((row) => datasetOf(slot, row));
}

function annotationsOf(form) {
  const known = [...form.querySelectorAll("[data-annotation]")].filter(isFilled);
  const annotations = new Map(known.map((one) => [one.dataset.annotation, one.value]));
  for (const pair of form.querySelectorAll(".pair")) {
    const [name, text] = pair.querySelectorAll("[name]");
    const isThere = annotations.has(name.value);
    if (!isThere && (isFilled(name) || isFilled(text))) annotations.set(name.value, text.value);
  }
  return Object.fromEntries(annotations);
}

function bodyOf(form) {
  const slots = [...form.querySelectorAll("[data-slot]")];
  const among = (direction) =>
    slots.filter((slot) => slot.dataset.direction === direction).flatMap(datasetsOf);
  const fields = [...form.querySelectorAll("[data-field]")].filter(isFilled);
  return {
    workflow_template: Number(form.dataset.template),
    ...Object.fromEntries(fields.map((one) => [one.dataset.field, contentOf(one)])),
    inputs: among("inputs"),
    outputs: among("outputs"),
    annotations: annotationsOf(form),
  };
}

const form = document.querySelector(".run-form");

function update() {
  const text = JSON.stringify(bodyOf(form), null, 2);
  document.getElementById("run-json").textContent = text;
  const quoted = text.replaceAll("'", "'\\''");
  document.getElementById("run-quoted").textContent = quoted;
}

// The inputs of one more, with a number in their names
function addTo(place, button) {
  const template = place.querySelector("template");
  const count = place.querySelectorAll(".dataset, .pair").length;
  const added = template.content.firstElementChild.cloneNode(true);
  for (const element of [added, ...added.querySelectorAll("*")]) {
    for (const name of ["id", "for", "name", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace("__n__", count));
    }
  }
  const number = added.querySelector(".number");
  if (number) number.textContent = count + 1;
  button.before(added);
  for (const input of added.querySelectorAll("[data-kind]")) new Suggestions(input);
  added.querySelector("[name]").focus();
  update();
}

for (const place of form.querySelectorAll("[data-rows]")) {
  const button = place.querySelector(":scope > button");
  button.addEventListener("click", (event) => {
    // the registry says what to do with a form that is too large
    if (form.elements.length > Number(form.dataset.most) - 50) return;
    event.preventDefault();
    addTo(place, button);
  });
}
form.querySelector("[value=show]").hidden = true;
form.addEventListener("input", update);
form.addEventListener("change", update);
update();
