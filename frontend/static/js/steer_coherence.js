// The gauges of coherence: numbers of an answer, a verdict in a word and in a sentence.
import { number, percent } from "./steer_texts.js";

const KINDS = { coherent: "good", strained: "warn", babbling: "bad" };

function gauge(key, value, text) {
  const row = document.querySelector(`#gauge-${key} .gauge-row`);
  const meter = row.querySelector("meter");
  meter.value = Math.min(meter.max, Math.max(0, value));
  meter.setAttribute("aria-label", `${row.firstElementChild.textContent}: ${text}`);
  row.querySelector(".num").textContent = text;
}

export function verdictTag(tag, verdict) {
  tag.className = `tag ${KINDS[verdict] ?? ""}`;
  tag.textContent = verdict ?? "too short to say";
}

export function showCoherence(found) {
  verdictTag(document.getElementById("verdict"), found.verdict);
  const { base_nll_steered: nll, base_nll_baseline: before, distinct_2_steered: distinct, distinct_2_baseline: variety } = found;
  const rise = found.nll_rise;
  gauge("surprise", rise ?? 0, nll === null ? "\u2013" : `${number(nll)} nats, unsteered ${number(before)}`);
  gauge("variety", variety ? (distinct ?? 0) / variety : 1, distinct === null ? "\u2013" : `${percent(distinct)}, unsteered ${percent(variety ?? 0)}`);
  const share = found.injected_norm_share;
  gauge("injected", share ?? 0, share === null ? "\u2013" : `${percent(share)} of the residual norm`);
  const said = document.getElementById("coherence-said");
  said.textContent = rise === null ? "" : `${rise >= 0 ? "+" : "\u2212"}${number(Math.abs(rise))} nats a token`;
}
