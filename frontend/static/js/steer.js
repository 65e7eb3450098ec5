// The Steer page: what a reader does with the board, and what follows from it. The parts are in steer_*.js.
import { form, read } from "./steer_board.js";
import * as chat from "./steer_chat.js";
import { listen as listenToKeep } from "./steer_keep.js";
import { balance, run, soon, stop } from "./steer_run.js";
import { sample, stopSamples } from "./steer_samples.js";
import { calibrate, cancel, curveIsShown, paint, setStrength, showCurve } from "./steer_sliders.js";

const TYPING = 700; // a prompt is continued when the typing rests this long, in ms
const element = (id) => document.getElementById(id);

function moved(event) {
  const card = event.target.closest(".slider-card");
  if (!card) return false;
  if (event.target.type === "range") setStrength(card, Number(event.target.value));
  else paint(card);
  if (event.target.name === "mode" && curveIsShown(card)) showCurve(card, true);
  return true;
}

function changed(event) {
  const { target } = event;
  if (target.matches("#search, #message, #mix-name, #n-samples, #model")) return;
  if (target.id === "prompt") element("examples").hidden = target.value !== "";
  soon(!moved(event) && target.matches("textarea") ? TYPING : undefined);
}

function pressed(event) {
  const button = event.target.closest("button");
  const card = button?.closest(".slider-card");
  if (!button) return;
  if (button.matches(".remove")) {
    event.preventDefault();
    card.remove();
    soon(0);
    element("search").focus({ preventScroll: true });
  } else if (button.matches("[data-calibrate]")) calibrate(card, curveIsShown(card));
  else if (button.matches("[data-again]")) calibrate(card, true);
  else if (button.matches("[data-cancel]")) cancel(card);
  else if (button.matches("[data-curve]")) showCurve(card, !curveIsShown(card));
  else if (button.matches("[data-recommended]")) {
    setStrength(card, Number(button.value));
    soon(0);
  } else if (button.matches("[data-removes-turn]")) {
    chat.remove(button);
    soon(0);
  } else if (button.matches("#examples button")) {
    element("prompt").value = button.value;
    element("examples").hidden = true;
    soon(0);
  }
}

function sent(event) {
  // htmx brings the slider; without it the server does.
  if (event.submitter?.name === "add" && !window.htmx) return;
  event.preventDefault();
  if (event.submitter?.name === "add") return;
  chat.send();
  run();
}

function otherModel() {
  const { prompt } = read();
  const fields = new URLSearchParams({ model: element("model").value });
  if (prompt) fields.set("prompt", prompt);
  if (!element("prompt")) fields.set("interface", "chat");
  location.assign(`/steer?${fields}`);
}

// Not below 2^31, so that it can be read and typed.
const anotherSeed = () => String(Math.floor(Math.random() * 1e6));

function begin() {
  form.addEventListener("input", changed);
  form.addEventListener("click", pressed);
  form.addEventListener("submit", sent);
  element("model").addEventListener("change", otherModel);
  element("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  element("another-seed").addEventListener("click", () => {
    element("seed").value = anotherSeed();
    soon(0);
  });
  element("stop").addEventListener("click", stop);
  element("balance").addEventListener("click", () => balance(setStrength));
  element("sample").addEventListener("click", sample);
  element("stop-samples").addEventListener("click", stopSamples);
  listenToKeep();
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "sliders") return;
    const card = element("sliders").lastElementChild;
    paint(card);
    // Something has to be written for the slider to show what it does.
    if (element("prompt")?.value === "") element("prompt").value = "In my experience,";
    soon(0);
  });
  document.querySelectorAll("#sliders > .slider-card").forEach(paint);
  if (location.search) run();
}

if (form) begin();
