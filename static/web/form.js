// Shows the request that the form would send. Without JavaScript it is that of the form
// as it came.

function bodyOf(form) {
  const body = {};
  for (const element of form.elements) {
    if (!element.name || element.name === "csrfmiddlewaretoken") continue;
    if (element.type === "checkbox") body[element.name] = element.checked;
    else if (!element.value.trim()) continue;
    else if (element.dataset.many) {
      body[element.name] = element.value.split(/[\s,]+/).filter(Boolean);
    } else if (element.type === "number") body[element.name] = Number(element.value);
    else body[element.name] = element.value;
  }
  return body;
}

// As it stands between single quotes in a shell
function quoted(text) {
  return text.replaceAll("'", "'\\''");
}

const form = document.querySelector(".record-form");
const output = document.getElementById("form-json");
const update = () => {
  output.textContent = quoted(JSON.stringify(bodyOf(form), null, 2));
};
form.addEventListener("input", update);
form.addEventListener("change", update);
update();
