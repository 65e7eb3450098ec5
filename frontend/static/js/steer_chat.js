// Chat: a message that is sent joins the turns, after the steered answer to the one before.
import { read } from "./steer_board.js";
import { latest } from "./steer_run.js";

const turns = () => document.getElementById("turns");

function add(role, content) {
  const row = document.getElementById("turn-template").content.firstElementChild.cloneNode(true);
  const number = turns().children.length + 1;
  row.querySelector("select").value = role;
  row.querySelector("select").setAttribute("aria-label", `Message ${number} is by`);
  row.querySelector("textarea").value = content;
  row.querySelector("textarea").setAttribute("aria-label", `Message ${number}`);
  row.querySelector("button").setAttribute("aria-label", `Remove message ${number}`);
  turns().append(row);
}

// Whether there was a message to send.
export function send() {
  const box = document.getElementById("message");
  if (!box?.value.trim()) return false;
  // The answer is gone on from only if it answers exactly what stands there now.
  const answers = latest.answer && latest.prompt === JSON.stringify(read().messages);
  if (answers) add("assistant", latest.answer);
  add("user", box.value);
  box.value = "";
  return true;
}

export function remove(button) {
  button.closest("li").remove();
}
