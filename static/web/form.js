// Suggests records for link fields, and shows the JSON that the form would send.
// Without JavaScript links are typed in, and the JSON is that of the form as it came.

// What to ask for, and how to name what comes back, by record type.
const NAMES = {
  author: "name", namespace: "name", data_product: "name", object_component: "name",
  code_repo_release: "name", object: "description", issue: "description",
  storage_root: "root", storage_location: "path", file_type: "name",
  code_run: "description", external_object: "title", users: "username",
};
const GLOBS = new Set([
  "author", "namespace", "data_product", "object_component", "code_repo_release",
]);

function idOf(record) {
  return record.url.replace(/\/$/, "").split("/").pop();
}

function labelOf(kind, record) {
  const name = record[NAMES[kind]] || record.identifier || record.uuid || "";
  return record.version ? `${name} ${record.version}` : `${name}`;
}

async function find(kind, text, signal) {
  const query = new URLSearchParams({ page_size: "12", format: "json" });
  if (text) {
    if (GLOBS.has(kind)) query.set(NAMES[kind], `*${text.replace(/[[\]?*]/g, "?")}*`);
    else if (/^\d+$/.test(text)) {
      const one = await fetch(`/api/${kind}/${text}/?format=json`, { signal });
      return one.ok ? [await one.json()] : [];
    }
  }
  const answer = await fetch(`/api/${kind}/?${query}`, { signal });
  if (!answer.ok) return [];
  const found = (await answer.json()).results;
  if (!text || GLOBS.has(kind)) return found;
  const wanted = text.toLowerCase();
  return found.filter((record) => labelOf(kind, record).toLowerCase().includes(wanted));
}

class Suggestions {
  constructor(input) {
    this.input = input;
    this.kind = input.dataset.kind;
    this.many = Boolean(input.dataset.many);
    this.active = -1;
    this.list = document.createElement("ul");
    this.list.id = `${input.id}-suggestions`;
    this.list.className = "suggestions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.list.hidden = true;
    input.after(this.list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    input.setAttribute("aria-autocomplete", "list");
    input.addEventListener("input", () => this.later());
    input.addEventListener("focus", () => this.later());
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    input.addEventListener("keydown", (event) => this.key(event));
  }

  text() {
    return this.many ? this.input.value.split(/[\s,]+/).pop() : this.input.value.trim();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(), 200);
  }

  async show() {
    this.request?.abort();
    this.request = new AbortController();
    try {
      this.draw(await find(this.kind, this.text(), this.request.signal));
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  draw(found) {
    this.found = found;
    this.active = -1;
    this.list.replaceChildren(
      ...found.map((record, index) => {
        const item = document.createElement("li");
        item.id = `${this.list.id}-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = `${idOf(record)} · ${labelOf(this.kind, record)}`;
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.choose(index);
        });
        return item;
      }),
    );
    this.list.hidden = !found.length || document.activeElement !== this.input;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  key(event) {
    if (event.key === "Escape") this.close();
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.found.length;
      this.mark((this.active + step + count) % count);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    }
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((item, at) => {
      item.setAttribute("aria-selected", String(at === index));
      if (at === index) item.scrollIntoView({ block: "nearest" });
    });
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
  }

  choose(index) {
    const id = idOf(this.found[index]);
    if (this.many) {
      const before = this.input.value.split(/[\s,]+/).slice(0, -1);
      this.input.value = [...before, id].join(" ") + " ";
    } else {
      this.input.value = id;
    }
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

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

const form = document.querySelector(".record-form");
if (form) {
  for (const input of form.querySelectorAll("input[data-kind]")) new Suggestions(input);
  const output = document.getElementById("form-json");
  const update = () => {
    output.textContent = JSON.stringify(bodyOf(form), null, 2);
  };
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  update();
}
