// Home: a ready-made mix as one slider from nothing to half as much again; the answer is written anew at each stop.
// Nothing is asked, and no model loaded, before the slider moves.
import { events, sentence } from "./steer_ask.js";

const WAIT = 250;
const host = document.getElementById("dial");
const slider = host.querySelector("input[type=range]");
const answer = host.querySelector(".answer");
const chips = [...host.querySelectorAll("a.chip")];
let chosen = chips[0];
let running = null;
let timer = 0;

function say(text, isMuted = false) {
  answer.replaceChildren(Object.assign(document.createElement("span"), { textContent: text, className: isMuted ? "muted" : "" }));
}

// Every term of the mix adds something that is nothing at strength 0.
function bodyAt(share) {
  const body = JSON.parse(chosen.dataset.body);
  return { ...body, terms: body.terms.map((term) => ({ ...term, strength: term.strength * share })), stream: true, alternatives: 0 };
}

async function write() {
  running?.abort();
  const control = new AbortController();
  running = control;
  let text = "";
  answer.classList.add("writing");
  try {
    for await (const [name, data] of events("/api/v1/steer", bodyAt(Number(slider.value) / 100), control.signal)) {
      if (control !== running) return;
      if (name === "waiting") say(data.model === "ready" ? "Waiting for its turn" : "The model is loading; this happens once", true);
      else if (name === "token" && data.side === "steered") say((text += data.token));
      else if (name === "done") say(data.steered.text);
    }
  } catch (error) {
    if (control === running) say(sentence(error), true);
  } finally {
    if (control === running) answer.classList.remove("writing");
  }
}

slider.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(write, WAIT);
});

for (const chip of chips) {
  chip.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    for (const other of chips) other.removeAttribute("aria-current");
    chip.setAttribute("aria-current", "true");
    chosen = chip;
    host.querySelector("label").textContent = chip.textContent;
    host.querySelector(".question bdi").textContent = chip.dataset.question;
    host.querySelector("p.small a").href = chip.href;
    write();
  });
}
