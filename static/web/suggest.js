// Suggests records in fields that hold links (data-kind says to what), and names those
// that are in them. Without JavaScript ids, UUIDs and URLs are typed in.

// An id, a UUID or the URL of a record
const LINK = /^(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\S*\/api\/\S+)$/i;

async function suggestionsFor(kind, text, signal) {
  const query = new URLSearchParams({ q: text });
  const answer = await fetch(`/suggest/${kind}/?${query}`, { signal });
  return answer.ok ? (await answer.json()).records : [];
}

class Suggestions {
  constructor(input) {
    this.input = input;
    this.many = Boolean(input.dataset.many);
    this.active = -1;
    this.labels = new Map();
    this.list = this.make("ul", "suggestions");
    this.list.id = `${input.id || input.name}-suggestions`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.list.hidden = true;
    this.names = this.make("small", "chosen");
    this.names.setAttribute("role", "status");
    input.after(this.list, this.names);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    input.setAttribute("aria-autocomplete", "list");
    input.autocomplete = "off";
    input.addEventListener("input", () => this.later());
    input.addEventListener("focus", () => this.later());
    input.addEventListener("blur", () => this.close());
    input.addEventListener("keydown", (event) => this.key(event));
    this.nameThoseThere();
  }

  make(tag, className) {
    const element = document.createElement(tag);
    element.className = className;
    return element;
  }

  words() {
    return this.input.value.split(this.many ? /[\s,]+/ : /,/).map((word) => word.trim());
  }

  // How many of the words are links already: those before what is being typed
  complete() {
    const words = this.words().slice(0, -1);
    const other = words.findIndex((word) => !LINK.test(word));
    return !this.many ? 0 : other < 0 ? words.length : other;
  }

  // What is being typed: the whole field, or what comes after the links in it
  text() {
    return this.many
      ? this.words().slice(this.complete()).join(" ").trim()
      : this.input.value.trim();
  }

  later() {
    clearTimeout(this.timer);
    this.list.setAttribute("aria-busy", "true");
    this.timer = setTimeout(() => this.show(), 150);
    this.showNames();
  }

  async ask(text) {
    this.request?.abort();
    this.request = new AbortController();
    return suggestionsFor(this.input.dataset.kind, text, this.request.signal);
  }

  async show() {
    try {
      this.draw(await this.ask(this.text()));
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  draw(found) {
    this.found = found;
    this.active = -1;
    this.list.setAttribute("aria-busy", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...found.map((record, index) => this.option(record, index)));
    this.list.hidden = !found.length || document.activeElement !== this.input;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  option(record, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const id = this.make("small", "muted");
    id.textContent = ` id ${record.id}`;
    item.append(record.label, id);
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.choose(index);
    });
    return item;
  }

  key(event) {
    if (this.list.hidden) {
      if (event.key === "ArrowDown") this.show();
      return;
    }
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      const count = this.found.length;
      const from = this.active < 0 && event.key === "ArrowUp" ? count : this.active;
      this.mark((from + steps[event.key] + count) % count);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.choose(this.active);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
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
    const { id, label } = this.found[index];
    this.labels.set(String(id), label);
    const before = this.words().slice(0, this.complete());
    this.input.value = [...before, id].join(" ") + (this.many ? " " : "");
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.showNames();
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  // Name the records that the page came with
  async nameThoseThere() {
    for (const word of this.words().filter((one) => /^\d+$/.test(one)).slice(0, 20)) {
      const found = await suggestionsFor(this.input.dataset.kind, word);
      const record = found.find((one) => String(one.id) === word);
      if (record) this.labels.set(word, record.label);
    }
    this.showNames();
  }

  showNames() {
    const known = this.words().filter((word) => this.labels.has(word));
    const names = known.map((word) => this.labels.get(word)).join(" · ");
    if (this.names.textContent !== names) this.names.textContent = names;
  }
}

for (const input of document.querySelectorAll("input[data-kind]")) new Suggestions(input);
