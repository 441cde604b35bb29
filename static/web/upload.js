// Sends a sheet with its progress, and puts the answer into this page. Without
// JavaScript the form does the same, and the answer is the next page.
"use strict";

const form = document.getElementById("upload-form");

if (form) {
  const input = form.querySelector("input[type=file]");
  const area = form.querySelector(".drop-area");
  const frame = form.querySelector(".upload-progress");
  const bar = frame.querySelector("progress");
  const status = document.getElementById("upload-status");
  const buttons = [...form.querySelectorAll("button")];

  function say(text) {
    status.textContent = text;
  }

  function setBusy(busy) {
    form.setAttribute("aria-busy", String(busy));
    frame.hidden = !busy;
    for (const button of buttons) button.disabled = busy;
  }

  function showProgress(event) {
    const percent = Math.floor((100 * event.loaded) / event.total);
    bar.value = percent;
    if (percent === 100) {
      bar.removeAttribute("value");
      say("The sheet arrived. Its rows are being checked.");
    } else if (percent % 25 === 0) say(`${percent} percent of the sheet arrived.`);
  }

  // The answer is a page; one that has no result tells of a problem
  function showAnswer(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const result = document.getElementById("result");
    const found = page.getElementById("result") ?? page.querySelector("main");
    if (!found) return say("The registry gave no answer. Try again in a moment.");
    result.replaceChildren(...found.childNodes);
    say("");
    result.focus();
  }

  function send(action) {
    const request = new XMLHttpRequest();
    const body = new FormData(form);
    body.set("action", action);
    bar.value = 0;
    setBusy(true);
    request.upload.addEventListener("progress", showProgress);
    request.addEventListener("loadend", () => {
      setBusy(false);
      showAnswer(request.responseText);
    });
    // the buttons are called "action", which hides the address of the form
    request.open("POST", location.href);
    request.send(body);
  }

  form.addEventListener("submit", (event) => {
    const action = event.submitter?.value ?? "check";
    // what is downloaded leaves this page as it is
    if (action === "errors") return;
    event.preventDefault();
    const [file] = input.files;
    if (file.size > form.dataset.megabytes * 2 ** 20) {
      say(`The file is too large: send at most ${form.dataset.megabytes} megabytes.`);
    } else send(action);
  });

  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      area.classList.add("dropping");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    area.addEventListener(name, () => area.classList.remove("dropping"));
  }
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (files.length !== 1) return say("Drop one file.");
    input.files = files;
    say(`${files[0].name} is chosen. Check it, or register its runs.`);
  });
  area.querySelector(".drop-hint").hidden = false;
}
