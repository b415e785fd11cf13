"use strict";
// Every page works without this file; it only spares a person a second tap, a slip or a wait.
const one = (selector, within = document) => within.querySelector(selector);
const tell = (words) => {
  const told = one("#told"), line = document.createElement("p");
  line.className = "lost";
  line.textContent = words;
  told.replaceChildren(line);
};

// A form is sent once: the server refuses doubles too, but a person should not have to read that.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 8000);
});
// The back button shows the page as it was left, with its form still marked as sent.
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-print]");
  if (!button) return;
  if ("print" in button.dataset) return print();
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.dataset.copied || "✓";
});
// Buttons that need this script stay hidden without it.
document.querySelectorAll("[data-copy][hidden], [data-print][hidden]").forEach((button) => { button.hidden = false; });

// A filter acts when chosen; without the script the search button does it.
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-auto] select")) event.target.form.requestSubmit();
});

// After a partial update the focus goes where the answer asks for it: the undo, the error summary. What is told
// stays in sight, since the reader is not at the top of a new page.
document.addEventListener("htmx:afterSettle", (event) => {
  one("#told").classList.add("stays");
  one("[autofocus]", event.target)?.focus();
});
document.addEventListener("htmx:sendError", () => {
  one("#told").classList.add("stays");
  tell(document.body.dataset.offline);
});
