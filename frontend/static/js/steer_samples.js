// Several seeds at once: the texts in pairs, and in how many of them each latent shows.
import { ask, sentence } from "./steer_ask.js";
import { bodyOf, hasPrompt, problemOf, read, subjectOf } from "./steer_board.js";
import { verdictTag } from "./steer_coherence.js";
import { show } from "./steer_texts.js";

const MOST = 16;
const said = document.getElementById("samples-said");
const list = document.getElementById("samples");
let running = null;

function row(seed) {
  const item = document.createElement("li");
  const head = document.createElement("p");
  head.className = "small muted";
  head.textContent = `seed ${seed}`;
  const tag = document.createElement("span");
  const before = document.createElement("bdi");
  const after = document.createElement("bdi");
  before.className = "text before";
  after.className = "text";
  head.append(" ", tag);
  item.append(head, before, after);
  return { item, fill: (answer) => {
    verdictTag(tag, answer.gauges.verdict);
    show(before, answer.baseline.text);
    show(after, answer.steered.text);
  } };
}

// Whether a slider makes its latent weaker: then the effect shows as less of it.
function weakens({ mode, strength }) {
  if (mode === "ablate") return true;
  if (mode === "scale") return strength < 1;
  return mode === "project" ? strength > 0 : strength <= 0;
}

const mean = (text) => {
  const values = text.activations.filter((_, place) => text.counted[place]);
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
};

// In how many samples the unsteered model sees more (or less) of the latent in the steered text.
async function seen(slider, answers, signal) {
  const { source, index } = subjectOf(slider.term);
  const texts = answers.flatMap((answer) => [answer.baseline.text, answer.steered.text]);
  const filled = texts.filter(Boolean);
  if (!filled.length) return 0;
  const path = `/api/v1/sources/${encodeURIComponent(source)}/latents/${index}/activations`;
  const found = (await ask(path, { texts: filled }, signal)).texts.map(mean);
  const means = texts.map((text) => (text ? found.shift() : 0));
  const sign = weakens(slider) ? -1 : 1;
  return answers.filter((_, place) => sign * (means[2 * place + 1] - means[2 * place]) > 0).length;
}

export async function sample() {
  const board = read();
  const n = Number(document.getElementById("n-samples").value);
  const isNumber = Number.isInteger(n) && n >= 1 && n <= MOST;
  const wrong = isNumber ? problemOf(board) : `The number of samples is a whole number from 1 to ${MOST}.`;
  if (wrong || !hasPrompt(board)) {
    said.textContent = wrong || "Write a prompt first.";
    return;
  }
  running?.abort();
  const control = new AbortController();
  running = control;
  busy(true);
  said.textContent = `Writing ${n} pairs of texts`;
  const seeds = Array.from({ length: n }, (_, place) => Number(board.seed) + place);
  const rows = seeds.map(row);
  list.replaceChildren(...rows.map(({ item }) => item));
  try {
    const answers = await Promise.all(
      seeds.map(async (seed, place) => {
        const answer = await ask("/api/v1/steer", { ...bodyOf(board), seed, alternatives: 0 }, control.signal);
        rows[place].fill(answer);
        return answer;
      }),
    );
    said.textContent = await summary(board, answers, control.signal);
  } catch (error) {
    control.abort();
    if (control === running) said.textContent = sentence(error) || "Cancelled.";
  } finally {
    if (control === running) busy(false);
  }
}

async function summary(board, answers, signal) {
  const n = answers.length;
  const differ = answers.filter((answer) => answer.baseline.text !== answer.steered.text).length;
  const parts = [`${differ} of ${n} texts differ from the unsteered ones.`];
  const latents = board.sliders.filter((slider) => slider.on && !slider.term.startsWith("vector/"));
  for (const slider of latents) {
    const k = await seen(slider, answers, signal);
    parts.push(`${slider.label}: the effect shows in ${k} of ${n} (${Math.round((100 * k) / n)}\u00a0%).`);
  }
  return parts.join(" ");
}

function busy(isBusy) {
  document.getElementById("sample").disabled = isBusy;
  document.getElementById("stop-samples").hidden = !isBusy;
}

export const stopSamples = () => running?.abort();
