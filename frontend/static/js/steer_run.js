// One run at a time: a change of the board calls off the run before, and the new text streams into the panes.
import { ask, events, sentence } from "./steer_ask.js";
import { addressOf, bodyOf, cards, hasPrompt, problemOf, read, sliderOf } from "./steer_board.js";
import { showGauges, verdictTag } from "./steer_coherence.js";
import { showShare } from "./steer_sliders.js";
import { Pane } from "./steer_texts.js";

const WAIT = 150; // a slider that moves sends one request when it rests this long, in ms
const element = (id) => document.getElementById(id);
const line = element("token-line");
const panes = { baseline: new Pane("baseline", line), steered: new Pane("steered", line) };
let running = null;
let asked = ""; // what the panes show or are about to
let timer = 0;

// The last finished run: its messages or prompt, and the steered text that a chat goes on from.
export const latest = { prompt: "", answer: "" };

export function problem(text) {
  const box = element("problem");
  box.hidden = !text;
  box.querySelector("bdi").textContent = text;
}

const status = (text) => (element("status").textContent = text);

export function soon(wait = WAIT) {
  clearTimeout(timer);
  timer = setTimeout(run, wait);
}

export function stop() {
  running?.abort();
  asked = "";
}

// The address holds the board at any time; one that is too long leaves the last one that was not.
export function keepAddress(board) {
  const address = addressOf(board);
  if (address) history.replaceState(null, "", address);
  for (const tab of document.querySelectorAll("nav.tabs a")) {
    const other = tab.textContent === "Chat" ? { ...board, prompt: "", messages: board.messages ?? [] } : { ...board, prompt: board.prompt ?? "", messages: undefined };
    tab.href = addressOf(other) || tab.href;
  }
  return address;
}

export async function run() {
  clearTimeout(timer);
  const board = read();
  const wrong = problemOf(board);
  if (wrong) return problem(wrong);
  keepAddress(board);
  element("balance").disabled = !board.sliders.some((slider) => slider.on);
  if (!hasPrompt(board)) return undefined;
  const body = bodyOf(board);
  if (JSON.stringify(body) === asked) return undefined;
  asked = JSON.stringify(body);
  running?.abort();
  const control = new AbortController();
  running = control;
  await write(board, body, control);
  return undefined;
}

async function write(board, body, control) {
  const prompt = JSON.stringify(board.messages ?? board.prompt);
  const applies = board.positions !== "prompt" && body.terms.length > 0;
  begin(board);
  try {
    for await (const [name, data] of events("/api/v1/steer", { ...body, stream: true }, control.signal)) {
      if (control.signal.aborted) return;
      if (name === "waiting") status(data.model === "ready" ? `Waiting: ${data.position} before this one` : "The model is loading; this happens once");
      else if (name === "token") {
        if (data.side === "steered" && data.step === 0) status("Writing");
        panes[data.side].put(data, data.side === "steered" && applies);
      } else if (name === "done") finish(board, data, prompt, applies);
    }
  } catch (error) {
    if (control !== running) return;
    asked = "";
    for (const pane of Object.values(panes)) pane.stop();
    status(error.name === "AbortError" ? "Stopped." : "");
    problem(sentence(error));
  } finally {
    if (control === running) {
      running = null;
      element("stop").hidden = true;
      element("panes").classList.remove("writing");
    }
  }
}

function begin(board) {
  problem("");
  element("state").hidden = true;
  element("panes").hidden = false;
  element("panes").classList.add("writing");
  element("stop").hidden = false;
  status("Writing");
  for (const pane of Object.values(panes)) {
    // While the new text is shorter than the one before, the pane keeps its height.
    pane.box.style.setProperty("--height", `${pane.box.offsetHeight}px`);
    pane.begin(board.messages ? "" : board.prompt);
  }
}

function finish(board, answer, prompt, applies) {
  const given = board.messages ? null : answer.prompt_tokens.map((token, place) => ({ token, steered: answer.prompt_steered[place] }));
  panes.baseline.finish(answer.baseline, given?.map(({ token }) => ({ token, steered: false })), false);
  panes.steered.finish(answer.steered, given, applies);
  showGauges(answer);
  const on = cards().filter((card) => sliderOf(card).on);
  for (const card of cards()) showShare(card, null);
  on.forEach((card, place) => showShare(card, answer.terms[place]?.share));
  element("notes").replaceChildren(
    ...answer.notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })),
  );
  const ends = board.messages ? [panes.baseline.endTurn(endOfTurn(board, answer)), panes.steered.endTurn(endOfTurn(board, answer))] : [];
  Object.assign(latest, { prompt, answer: ends.length ? ends[1] : answer.steered.text });
  if (!answer.terms.length) verdictTag(element("verdict"), "no slider is on");
  const n = answer.steered.tokens.length;
  status(`Written: ${n} token${n === 1 ? "" : "s"}${answer.steered.finish === "eos" ? ", to the end of the text" : ""}`);
}

// The token that ends a turn: the one that the model's template wrote after the last message.
function endOfTurn(board, answer) {
  const tokens = answer.prompt_tokens;
  const at = tokens.join("").lastIndexOf(board.messages.at(-1).content) + board.messages.at(-1).content.length;
  let length = 0;
  return tokens.find((token) => (length += token.length) > at) ?? "";
}

// One factor for all sliders, so that together they stay coherent.
export async function balance(setStrength) {
  const board = read();
  const wrong = problemOf(board);
  if (wrong) return problem(wrong);
  const said = element("balance-said");
  const button = element("balance");
  const on = cards().filter((card) => sliderOf(card).on);
  said.hidden = false;
  said.textContent = "Measuring how much of this mix stays coherent";
  button.disabled = true;
  try {
    const { model, terms, positions, steer_bos, temperature } = bodyOf(board);
    const found = await ask("/api/v1/balance", { model, terms, positions, steer_bos, temperature });
    const isSame = found.factor === 1;
    if (found.factor > 0) found.terms.forEach((term, place) => setStrength(on[place], term.strength));
    const factor = isSame ? "The mix is coherent as it is." : found.factor ? `All sliders were scaled by ${found.factor}.` : "";
    said.textContent = [factor, ...found.notes].join(" ");
    soon(0);
  } catch (error) {
    said.textContent = sentence(error);
  } finally {
    button.disabled = false;
  }
  return undefined;
}
