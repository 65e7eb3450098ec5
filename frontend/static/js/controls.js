// Small things that pages share: toasts, the value beside a slider, a word when the server does not answer,
// and Enter in a text box that sends its form.
(() => {
  const SECONDS = 6;

  function toast(text) {
    const region = document.querySelector(".toasts");
    const note = document.createElement("p");
    note.className = "toast";
    note.textContent = text;
    region.append(note);
    setTimeout(() => note.remove(), 1000 * SECONDS);
  }

  // HX-Trigger puts what it sends into detail.value.
  document.addEventListener("periscope:toast", (event) => toast(event.detail?.value ?? event.detail));
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
