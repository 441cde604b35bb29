// Keeps the parts of a page that change as they are in the registry: asks for them every
// few seconds, and puts what differs into the page without taking the focus, the place
// in a frame or what is unfolded away. Without JavaScript the page has a link to reload.
"use strict";

{
  const SLOWEST = 60_000;

  // Children are matched by id where they have one, by position where not
  function matchOf(parent, at, wanted) {
    if (wanted.id) {
      const same = [...parent.children].find((one) => one.id === wanted.id);
      if (same) return same;
    }
    const here = parent.childNodes[at];
    const isAlike = here && here.nodeName === wanted.nodeName && (here.id ?? "") === (wanted.id ?? "");
    return isAlike ? here : null;
  }

  function updateAttributes(shown, wanted) {
    for (const { name } of [...shown.attributes]) {
      // who has unfolded something wants to see it
      const isKept = name === "open" && shown.localName === "details";
      if (!isKept && !wanted.hasAttribute(name)) shown.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
    }
  }

  function update(shown, wanted) {
    if (shown.nodeType !== Node.ELEMENT_NODE) {
      if (shown.nodeValue !== wanted.nodeValue) shown.nodeValue = wanted.nodeValue;
      return;
    }
    updateAttributes(shown, wanted);
    [...wanted.childNodes].forEach((child, at) => {
      const match = matchOf(shown, at, child);
      const here = shown.childNodes[at] ?? null;
      if (!match) shown.insertBefore(document.importNode(child, true), here);
      else {
        if (match !== here) shown.insertBefore(match, here);
        update(match, child);
      }
    });
    while (shown.childNodes.length > wanted.childNodes.length) shown.lastChild.remove();
  }

  // The end of a log stays in sight unless somebody has scrolled up in it
  function isAtEnd(frame) {
    return frame.scrollHeight - frame.scrollTop - frame.clientHeight < 8;
  }

  function put(text, selector) {
    const tails = new Map();
    for (const one of document.querySelectorAll("[data-tail]")) tails.set(one.id, isAtEnd(one));
    const parts = new DOMParser().parseFromString(text, "text/html").querySelectorAll(selector);
    for (const part of parts) {
      const shown = document.getElementById(part.id);
      if (shown) update(shown, part);
    }
    for (const one of document.querySelectorAll("[data-tail]")) {
      if (tails.get(one.id) !== false) one.scrollTop = one.scrollHeight;
    }
  }

  function follow(live) {
    const pause = document.querySelector("[data-live-pause]");
    const status = document.querySelector("[data-live-status]");
    const said = () => document.querySelector("[data-said]")?.dataset.said ?? "";
    const isDone = () => Boolean(document.querySelector("[data-done]"));
    const every = Number(live.dataset.every);
    let tag = "", wait = every, timer = 0, isPaused = false;

    // What the work has made is in the page itself
    async function showResults() {
      if (!document.querySelector("[data-live-after]")) return;
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) put(await answer.text(), "[data-live-after]");
    }

    async function ask() {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(live.dataset.live, { headers, cache: "no-store" });
      if (answer.status === 304) return;
      if (!answer.ok) throw new Error(answer.statusText);
      tag = answer.headers.get("ETag") ?? "";
      const before = said();
      put(await answer.text(), "body > [id]");
      if (said() !== before && status) status.textContent = said();
      if (isDone()) await showResults();
    }

    async function turn() {
      try {
        await ask();
        wait = every;
      } catch {
        // the registry is busy or away: ask less often
        wait = Math.min(2 * wait, SLOWEST);
      }
      plan();
    }

    function plan() {
      clearTimeout(timer);
      const isOver = isDone();
      if (pause) pause.hidden = isOver;
      if (!isOver && !isPaused && !document.hidden) timer = setTimeout(turn, wait);
    }

    for (const one of document.querySelectorAll("[data-tail]")) one.scrollTop = one.scrollHeight;
    pause?.addEventListener("click", () => {
      isPaused = !isPaused;
      pause.setAttribute("aria-pressed", String(isPaused));
      plan();
    });
    document.addEventListener("visibilitychange", plan);
    plan();
  }

  // an empty list has nothing that moves
  const live = document.querySelector("[data-live]");
  if (live) follow(live);
}
