// The steer board as the page's form holds it: read it, check it, write it as an address and as the body of a request.
export const form = document.getElementById("steer");
const MAX_LINK = 8000; // a longer address is refused by some servers and browsers on the way
const MAX_STRENGTH = 100;
const PLAIN = { positions: "all", bos: "", seed: "0", temperature: "1", top_p: "1", frequency_penalty: "0", length: "" };
const NUMBERS = {
  seed: ["The seed", 0, Number.MAX_SAFE_INTEGER], temperature: ["The temperature", 0, 10], top_p: ["Top-p", 0.001, 1],
  frequency_penalty: ["The frequency penalty", -10, 10], length: ["The number of new tokens", 1, Infinity],
};
const WHOLE = ["seed", "length"];

export const cards = () => [...document.querySelectorAll("#sliders > .slider-card")];

export function sliderOf(card) {
  const field = (name) => card.querySelector(`[name=${name}]:not([type=hidden])`);
  const text = field("strength").value.trim();
  const mode = field("mode").value;
  return {
    term: card.querySelector("[name=term]").value,
    label: card.dataset.label,
    mode,
    strength: mode === "ablate" ? 1 : text === "" ? NaN : Number(text),
    everywhere: mode === "project" && Boolean(field("everywhere")?.checked),
    on: field("on").checked,
  };
}

export function read() {
  const value = (name) => form.elements.namedItem(name)?.value ?? "";
  const isChat = value("interface") === "chat";
  const board = { interface: value("interface"), model: value("model"), sliders: cards().map(sliderOf) };
  for (const name of Object.keys(PLAIN)) board[name] = value(name);
  board.ignore_eos = form.elements.namedItem("ignore_eos").checked;
  board.steer_bos = form.elements.namedItem("steer_bos").checked;
  if (isChat) board.messages = messages();
  else board.prompt = value("prompt");
  return board;
}

function messages() {
  const system = document.getElementById("system").value;
  const turns = [...document.querySelectorAll("#turns > li")].map((row) => ({
    role: row.querySelector("select").value,
    content: row.querySelector("textarea").value,
  }));
  return [{ role: "system", content: system }, ...turns].filter((turn) => turn.content);
}

export const hasPrompt = (board) => (board.messages ? board.messages.length > 0 : board.prompt !== "");

// A sentence about the first value that cannot be meant; empty if there is none.
export function problemOf(board) {
  for (const [name, [what, low, high]] of Object.entries(NUMBERS)) {
    if (name === "length" && board.length === "") continue; // as many as fit
    const number = board[name] === "" ? NaN : Number(board[name]);
    const isWrong = !(number >= low && number <= high) || (WHOLE.includes(name) && !Number.isInteger(number));
    form.elements.namedItem(name).setAttribute("aria-invalid", String(isWrong));
    if (isWrong) return `${what} is a ${WHOLE.includes(name) ? "whole " : ""}number from ${low}${high < Infinity ? ` to ${high}` : ""}.`;
  }
  for (const slider of board.sliders) {
    if (!(Math.abs(slider.strength) <= MAX_STRENGTH)) {
      return `The strength of ${slider.label} is a number from \u2212${MAX_STRENGTH} to ${MAX_STRENGTH}.`;
    }
  }
  return "";
}

// What a term names, as the API says it.
export function subjectOf(term) {
  if (term.startsWith("vector/")) return { vector: Number(term.slice(7)) };
  const cut = term.lastIndexOf(":");
  return { source: term.slice(0, cut), index: Number(term.slice(cut + 1)) };
}

const termOf = ({ term, mode, strength, everywhere }) => ({ ...subjectOf(term), mode, strength, everywhere });

export const termsOf = (board) => board.sliders.filter((slider) => slider.on).map(termOf);

// What POST /api/v1/steer takes; without sampling it is what POST /api/v1/steer/snippet takes.
export function bodyOf(board, sampling = true) {
  const body = {
    model: board.model,
    terms: termsOf(board),
    positions: board.positions,
    steer_bos: board.steer_bos,
    max_new_tokens: board.length === "" ? null : Number(board.length),
    stop_at_eos: !board.ignore_eos,
  };
  if (board.messages) body.messages = board.messages;
  else body.prompt = board.prompt;
  if (board.bos) body.prepend_bos = board.bos === "yes";
  if (!sampling) return body;
  for (const name of ["temperature", "top_p", "frequency_penalty", "seed"]) body[name] = Number(board[name]);
  return body;
}

// The address that restores the board; empty if it would be too long. The server reads the same fields.
export function addressOf(board) {
  const fields = new URLSearchParams();
  if (board.messages) fields.append("interface", "chat");
  fields.append("model", board.model);
  if (board.prompt) fields.append("prompt", board.prompt);
  for (const turn of board.messages ?? []) {
    fields.append("role", turn.role);
    fields.append("content", turn.content);
  }
  for (const slider of board.sliders) {
    fields.append("term", slider.term);
    fields.append("mode", slider.mode);
    if (slider.mode !== "ablate") fields.append("strength", String(slider.strength));
    if (slider.everywhere) fields.append("everywhere", "1");
    if (!slider.on) fields.append("on", "0");
  }
  for (const [name, plain] of Object.entries(PLAIN)) if (board[name] !== plain) fields.append(name, board[name]);
  if (board.ignore_eos) fields.append("ignore_eos", "1");
  if (board.steer_bos) fields.append("steer_bos", "1");
  const address = `/steer?${fields}`;
  return address.length <= MAX_LINK ? address : "";
}
