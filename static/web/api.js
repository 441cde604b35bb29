// Sends what plain forms cannot: JSON bodies, and PUT, PATCH, DELETE and OPTIONS. The
// answer is a page as well, which takes the place of this one and runs this again: hence
// the block, for names can be declared once only.
"use strict";

{
  const token = document.querySelector("#csrf [name=csrfmiddlewaretoken]")?.value ?? "";

  async function send(form, method) {
    const content = form.querySelector("[name=_content]");
    const headers = { Accept: "text/html", "X-CSRFToken": token };
    if (content) headers["Content-Type"] = "application/json";
    if (form.dataset.revision) headers["If-Match"] = `"${form.dataset.revision}"`;
    const answer = await fetch(location.href, {
      method,
      headers,
      body: content ? content.value : undefined,
      credentials: "same-origin",
    });
    const page = await answer.text();
    document.open();
    document.write(page);
    document.close();
  }

  for (const form of document.querySelectorAll("form[data-method]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return;
      send(form, event.submitter?.value || form.dataset.method);
    });
  }
}
