// Small things that pages share: toasts, the value beside a slider, a word when the server does not answer,
// and Enter in a text box that sends its form.
(() => {
  const SECONDS = 6;

  // With an action, a button that does it and ends the message.
  function toast(text, action, act) {
    const region = document.querySelector(".toasts");
    const note = document.createElement("p");
    note.className = "toast";
    note.textContent = text;
    if (action) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "toast-action", textContent: action });
      button.addEventListener("click", () => {
        note.remove();
        act();
      });
      note.append(" ", button);
    }
    region.append(note);
    setTimeout(() => note.remove(), 1000 * (action ? 2 * SECONDS : SECONDS));
  }

  // HX-Trigger puts what it sends into detail.value.
  document.addEventListener("periscope:toast", (event) => {
    const said = event.detail?.value ?? event.detail;
    if (typeof said === "string") toast(said);
    else toast(said.text, said.action, said.act);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => toast("Periscope does not answer; is it still running?"));
  }

  document.addEventListener("input", (event) => {
    const slider = event.target.closest(".slider");
    const value = slider?.querySelector("output > span");
    if (value && event.target.type === "range") value.textContent = event.target.value;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("textarea[data-sends]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
})();
