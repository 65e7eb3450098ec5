// Keep and share: mixes, the link, the mix as JSON, the board as a Python program.
import { ask, sentence } from "./steer_ask.js";
import { addressOf, bodyOf, hasPrompt, problemOf, read } from "./steer_board.js";

const element = (id) => document.getElementById(id);
const say = (text) => (element("keep-said").textContent = text);
const toast = (text, action, act) => document.dispatchEvent(new CustomEvent("periscope:toast", { detail: { text, action, act } }));

// What POST /api/v1/mixes takes: the body of /steer with a name; an empty prompt is left out.
function mixBody() {
  const board = read();
  const wrong = problemOf(board);
  if (wrong) throw new Error(wrong);
  const body = { name: element("mix-name").value.trim(), ...bodyOf(board) };
  if (!hasPrompt(board)) {
    delete body.prompt;
    delete body.messages;
  }
  return body;
}

async function save() {
  const name = element("mix-name").value.trim();
  if (!name) {
    element("mix-name").focus();
    say("Give the mix a name first.");
    return;
  }
  try {
    const mix = await ask("/api/v1/mixes", mixBody());
    document.querySelector(".mixes").hidden = false;
    element("mixes").append(chip(mix));
    say(`Saved as ${mix.name}.`);
  } catch (error) {
    say(error.constructor === Error ? error.message : sentence(error));
  }
}

function chip(mix) {
  const item = document.createElement("li");
  item.className = "chip";
  const link = document.createElement("a");
  link.href = `/steer?mix=${mix.id}`;
  link.append(Object.assign(document.createElement("bdi"), { textContent: mix.name }));
  const remove = document.createElement("button");
  Object.assign(remove, { className: "chip-remove", type: "button", value: mix.id, textContent: "\u00d7" });
  remove.setAttribute("aria-label", `Delete the mix ${mix.name}`);
  item.append(link, remove);
  return item;
}

async function remove(button) {
  let mix;
  try {
    mix = await ask(`/api/v1/mixes/${button.value}`, undefined, undefined, "GET");
    await ask(`/api/v1/mixes/${button.value}`, undefined, undefined, "DELETE");
  } catch (error) {
    toast(sentence(error));
    return;
  }
  button.closest("li").remove();
  document.querySelector(".mixes").hidden = !element("mixes").children.length;
  toast("The mix is deleted.", "Undo", () => restore(mix));
}

async function restore({ name, terms, options }) {
  try {
    const mix = await ask("/api/v1/mixes", { ...options, name, terms });
    document.querySelector(".mixes").hidden = false;
    element("mixes").append(chip(mix));
    toast("The mix is back.");
  } catch (error) {
    toast(sentence(error));
  }
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} is in the clipboard.`);
  } catch {
    toast("The browser refuses the clipboard; copy it from where it stands.");
  }
}

function link() {
  const address = addressOf(read());
  if (!address) say("This text is too long for a link; save it as a mix instead.");
  else copy(new URL(address, location.href).href, "The link");
}

function download(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function exported() {
  try {
    const body = mixBody();
    download(`${body.name.replace(/[^\w-]+/g, "-") || "mix"}.json`, `${JSON.stringify(body, null, 2)}\n`, "application/json");
  } catch (error) {
    say(error.message);
  }
}

async function snippet() {
  const board = read();
  if (problemOf(board) || !hasPrompt(board)) {
    say(problemOf(board) || "Write a prompt first: the program continues it.");
    return;
  }
  say("Writing the program");
  try {
    const { code } = await ask("/api/v1/steer/snippet", bodyOf(board, false));
    element("snippet-box").hidden = false;
    element("snippet-box").querySelector("pre").textContent = code;
    say("A program for transformer_lens and sae_lens alone; it writes the steered text at temperature 0.");
  } catch (error) {
    say(sentence(error));
  }
}

export function listen() {
  const code = () => element("snippet-box").querySelector("pre").textContent;
  element("save-mix").addEventListener("click", save);
  element("mix-name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    save();
  });
  element("mixes").addEventListener("click", (event) => {
    const button = event.target.closest(".chip-remove");
    if (button) remove(button);
  });
  element("copy-link").addEventListener("click", link);
  element("export-json").addEventListener("click", exported);
  element("snippet").addEventListener("click", snippet);
  element("snippet-box").addEventListener("click", (event) => {
    if (event.target.matches("[data-copy]")) copy(code(), "The program");
    if (event.target.matches("[data-download]")) download("steer.py", code(), "text/x-python");
  });
}
