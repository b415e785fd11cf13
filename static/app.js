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

// Long work goes on by itself while its page is open.
one("form[data-goes-on]")?.requestSubmit();

// What was answered in a mail is sent once the page is really seen: programs that only look at links change nothing.
const answerSeen = () => {
  const chosen = one("[data-say]");
  if (chosen && document.visibilityState === "visible" && !document.prerendering) chosen.form.requestSubmit(chosen);
};
document.addEventListener("visibilitychange", answerSeen);
document.addEventListener("prerenderingchange", answerSeen);
answerSeen();

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

// Until booking opens: counted on from what the server said was left, never by the phone's clock. At the hour, and when
// the phone wakes, the page is fetched anew; a moment's chance keeps a thousand phones from asking at once.
const opening = () => {
  const bar = one("[data-left]");
  if (!bar) return;
  const { left, days, hours, minutes } = bar.dataset, since = performance.now();
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    if (!bar.isConnected) return;
    const seconds = Math.ceil(left - (performance.now() - since) / 1000);
    if (seconds <= 0) return setTimeout(again, 300 + Math.random() * 1200, bar);
    const [d, h, m, s] = [seconds / 86400, seconds / 3600, seconds / 60, seconds].map(Math.floor);
    const words = d ? days.replace("{d}", d).replace("{h}", h % 24)
      : h ? hours.replace("{h}", h).replace("{m}", two(m % 60)) : minutes.replace("{m}", m).replace("{s}", two(s % 60));
    one("b", bar).textContent = words;
    setTimeout(tick, 1000);
  };
  tick();
};
const again = async (bar) => {
  try {
    const answer = await fetch(location.href);
    const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#main");
    if (!answer.ok || !main) throw new Error(answer.status);
    one("#main").replaceWith(main);
    if (one("[data-left]")) return opening();
    const line = document.createElement("p");
    line.className = "done";
    line.textContent = bar.dataset.opened;
    one("#told").replaceChildren(line);
  } catch {
    setTimeout(again, 3000, bar);
  }
};
document.addEventListener("visibilitychange", () => {
  const bar = one("[data-left]");
  if (bar && !document.hidden) again(bar);
});
opening();
