// Live news for pages that work without it: when something changed, the page fetches itself and swaps its content.

const body = document.body;
const stateWords = document.querySelector("[data-live-state]");
const news = document.querySelector("[data-news]");
let known = "";
let busy = false;

function say(words) {
  if (stateWords) stateWords.textContent = words;
}

function showCounts(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const count = counts[place.dataset.count] ?? 0;
    place.textContent = String(count);
    place.hidden = count === 0;
  }
}

// Nobody loses what they are typing or reading: then a button offers the news instead.
function isInUse(main) {
  const focused = document.activeElement;
  const types = focused instanceof HTMLElement && main.contains(focused) && focused.matches("input, textarea, button, summary, a");
  return types || main.querySelector("details[open]") !== null || String(getSelection() ?? "") !== "";
}

async function refresh() {
  const main = document.querySelector("main");
  if (busy || !main) return;
  if (isInUse(main)) {
    news.hidden = false;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, { redirect: "error", headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (fresh && !isInUse(main)) main.replaceChildren(...fresh.childNodes);
    news.hidden = true;
  } catch {
    news.hidden = false;
  } finally {
    busy = false;
  }
}

function listen() {
  const source = new EventSource(body.dataset.live);
  source.addEventListener("open", () => say("Live."));
  source.addEventListener("error", () => say("Waiting for the connection…"));
  source.addEventListener("changed", (event) => {
    const { mark, ...counts } = JSON.parse(event.data);
    showCounts(counts);
    const isFirst = known === "";
    known = mark;
    if (!isFirst) refresh();
  });
  addEventListener("pagehide", () => source.close());
}

// On a phone the navigation scrolls: the page that is shown should be in sight.
document.querySelector(".bar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
  const box = document.querySelector("#q");
  if (event.key === "/" && !isTyping && box) {
    event.preventDefault();
    box.focus();
  }
});

if (body.dataset.live && "EventSource" in window) listen();
