// The Microscope page: the slider of densities is logarithmic and reads as a percentage; tokens and latents that are
// chosen keep the focus while the panel around them is swapped.
(() => {
  function percent(exponent) {
    if (exponent >= 0) return "any";
    return `${Number((100 * 10 ** exponent).toPrecision(2))}\u00a0%`;
  }

  document.addEventListener("input", (event) => {
    const slider = event.target;
    const output = slider.type === "range" && slider.closest(".slider")?.querySelector("output[data-density]");
    if (!output) return;
    output.textContent = percent(Number(slider.value));
    slider.setAttribute("aria-valuetext", output.textContent);
  });

  // Another text has other tokens: those that were chosen are not meant any more.
  document.addEventListener("input", (event) => {
    if (!event.target.matches(".scope-form textarea")) return;
    for (const box of event.target.form.querySelectorAll("input[name=at]:checked")) box.checked = false;
  });

  // A text is sent by Enter or the button; leaving its box for the button would send it a second time.
  document.addEventListener("change", (event) => {
    if (event.target.matches(".scope-form textarea")) event.stopPropagation();
  }, true);

  // The same text is swapped in again after each choice; the token or latent that was used keeps the focus.
  let last = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const { name, value } = document.activeElement ?? {};
    last = name === "at" || name === "latent" ? { name, value } : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (last) document.querySelector(`#reading [name="${last.name}"][value="${CSS.escape(last.value)}"]`)?.focus({ preventScroll: true });
    last = null;
  });
})();
