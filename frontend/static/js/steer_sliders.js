// One slider: the range and the number beside it, what its mode counts, and the safe range painted on its track.
import { Refused, events, sentence } from "./steer_ask.js";
import { read, sliderOf, subjectOf } from "./steer_board.js";
import { percent } from "./steer_texts.js";

const REACH = 100;
const range = (card) => card.querySelector("input[type=range]");
const amount = (card) => card.querySelector("[name=strength]");
const known = (card, mode) => card.querySelector(`.known-range[data-mode="${mode}"]`);
const working = new Map(); // card -> AbortController of its sweep

export function setStrength(card, strength) {
  amount(card).value = String(Number(strength.toFixed(4)));
  paint(card);
}

// Everything that follows from mode, strength and calibration.
export function paint(card) {
  const { mode, strength, on } = sliderOf(card);
  const option = card.querySelector("[name=mode]").selectedOptions[0];
  const shown = Number.isFinite(strength) ? Math.max(-REACH, Math.min(REACH, strength)) : 0;
  const low = Math.min(Number(option.dataset.low), shown);
  const high = Math.max(Number(option.dataset.high), shown);
  card.classList.toggle("off", !on);
  card.classList.toggle("no-strength", mode === "ablate");
  card.querySelector(".unit").textContent = option.dataset.unit;
  amount(card).setAttribute("aria-invalid", String(!(Math.abs(strength) <= REACH)));
  const track = range(card);
  track.min = low;
  track.max = high;
  track.step = option.dataset.step;
  if (Number.isFinite(strength)) track.value = strength;
  track.setAttribute("aria-valuetext", `${amount(card).value} ${option.dataset.unit}`);
  paintSafe(card, known(card, mode)?.dataset, low, high);
  const everywhere = card.querySelector("[name=everywhere]");
  if (everywhere) everywhere.disabled = mode !== "project";
}

function paintSafe(card, safe, low, high) {
  const svg = card.querySelector(".safe");
  const at = (value) => Math.min(1, Math.max(0, (value - low) / (high - low)));
  svg.setAttribute("aria-label", safe ? `Safe from ${safe.low} to ${safe.high}` : "Not calibrated");
  for (const [kind, start, end] of [["range", safe?.low, safe?.high], ["strained", safe?.strainedLow, safe?.strainedHigh]]) {
    const painted = svg.querySelector(`.${kind}`);
    const x = safe ? at(Number(start)) : 0;
    painted.setAttribute("x", x);
    painted.setAttribute("width", safe ? Math.max(0.008, at(Number(end)) - x) : 0);
  }
  svg.querySelector(".zero").setAttribute("x", at(0));
  const use = card.querySelector("[data-recommended]");
  use.hidden = !safe;
  if (safe) {
    use.value = safe.recommended;
    use.textContent = `Use ${safe.recommended}`;
  }
  card.querySelector("[data-curve]").hidden = !safe;
}

export function showShare(card, share) {
  card.querySelector("[data-share]").textContent = share === null || share === undefined ? "" : `${percent(share)} of norm`;
}

// Keep what was measured with the card: the next change of mode finds it again.
function remember(card, found, term) {
  let item = known(card, found.mode);
  if (!item) {
    item = document.createElement("span");
    item.hidden = true;
    item.className = "known-range";
    card.append(item);
  }
  const href = `/parts/steer/calibration?${new URLSearchParams({ term, mode: found.mode })}`;
  Object.assign(item.dataset, { mode: found.mode, low: found.safe_low, high: found.safe_high, strainedLow: found.strained_low, strainedHigh: found.strained_high, recommended: found.recommended, href });
  // The slider reaches twice as far as the text holds.
  const option = card.querySelector(`[name=mode] option[value="${found.mode}"]`);
  const neutral = found.mode === "scale" ? 1 : 0;
  if (option && found.safe_low < found.safe_high) {
    const [low, high] = [found.safe_low, found.safe_high].map((end) => neutral + 2 * (end - neutral));
    Object.assign(option.dataset, { low, high, step: Number(((high - low) / 200).toPrecision(1)) });
  }
}

export async function calibrate(card, fresh) {
  const { term, mode } = sliderOf(card);
  const said = card.querySelector("[data-said]");
  if (mode === "ablate") {
    said.textContent = "Ablating has no strength to calibrate.";
    return;
  }
  const control = new AbortController();
  working.get(card)?.abort();
  working.set(card, control);
  busy(card, true);
  const began = Date.now();
  let reached = "";
  const tell = () => (said.textContent = `Measuring ${reached}${Math.round((Date.now() - began) / 1000)} s`);
  const clock = setInterval(tell, 1000);
  said.textContent = "Measuring";
  try {
    const temperature = Number(read().temperature || 1);
    const body = { ...subjectOf(term), mode, fresh, temperature, stream: true };
    let found = null;
    for await (const [name, data] of events("/api/v1/calibrate", body, control.signal)) {
      if (name === "progress") reached = `${Math.floor((100 * data.done) / data.total)} %, `;
      else if (name === "done") found = data;
    }
    if (!found) throw new Refused("The calibration ended without an answer; try again.");
    remember(card, found, term);
    paint(card);
    said.textContent = `Safe from ${found.safe_low} to ${found.safe_high} at temperature ${found.temperature}`.replaceAll("-", "\u2212");
    if (sliderOf(card).mode === mode) showCurve(card, true);
  } catch (error) {
    said.textContent = sentence(error) || "Cancelled.";
  } finally {
    clearInterval(clock);
    if (working.get(card) === control) {
      working.delete(card);
      busy(card, false);
    }
  }
}

function busy(card, isBusy) {
  card.querySelector("[data-calibrate]").disabled = isBusy;
  card.querySelector("[data-cancel]").hidden = !isBusy;
  card.classList.toggle("measuring", isBusy);
}

export const cancel = (card) => working.get(card)?.abort();

export function showCurve(card, isShown) {
  const box = card.querySelector(".curve");
  const safe = known(card, sliderOf(card).mode)?.dataset;
  const open = Boolean(safe) && isShown;
  box.hidden = !open;
  card.querySelector("[data-curve]").setAttribute("aria-expanded", String(open));
  if (open) window.htmx?.ajax("GET", safe.href, { target: box, swap: "innerHTML" });
}

export const curveIsShown = (card) => !card.querySelector(".curve").hidden;
