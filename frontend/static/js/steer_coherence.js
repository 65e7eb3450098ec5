// The gauges: effect and fluency of an answer, what stands beside them, and the verdict in a word.
import { number, percent } from "./steer_texts.js";

const KINDS = { coherent: "good", strained: "warn", babbling: "bad" };

function gauge(key, value, text) {
  const row = document.querySelector(`#gauge-${key} .gauge-row`);
  const meter = row.querySelector("meter");
  meter.value = Math.min(meter.max, Math.max(0, value ?? 0));
  meter.setAttribute("aria-label", `${row.firstElementChild.textContent}: ${text}`);
  row.querySelector(".num").textContent = text;
}

export function verdictTag(tag, verdict) {
  tag.className = `tag ${KINDS[verdict] ?? ""}`;
  tag.textContent = verdict ?? "too short to say";
}

export function showGauges({ gauges, coherence }) {
  verdictTag(document.getElementById("verdict"), gauges.verdict);
  const { effect, fluency } = gauges;
  gauge("effect", effect, effect === null ? "\u2013" : `${percent(effect)} of strength 1`);
  gauge("fluency", fluency, fluency === null ? "\u2013" : `${percent(fluency)} of the unsteered text\u2019s order`);
  const { base_nll_steered: nll, base_nll_baseline: before, distinct_2_steered: distinct, distinct_2_baseline: variety } = coherence;
  gauge("variety", variety ? (distinct ?? 0) / variety : 1, distinct === null ? "\u2013" : `${percent(distinct)}, unsteered ${percent(variety ?? 0)}`);
  const share = coherence.injected_norm_share;
  gauge("injected", share, share === null ? "\u2013" : `${percent(share)} of the residual norm`);
  const said = document.getElementById("surprise-said");
  said.textContent = nll === null ? "" : `Surprise ${number(nll)} nats a token, unsteered ${number(before)}: a new language or style surprises too, so it is no part of the verdict.`;
}
