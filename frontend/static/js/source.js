// The table of latents, once htmx has put another in its place: reading goes on at its head after a step to another
// page, at the field that is wrong after a filter that was refused, and nowhere else at the top of the document.
(() => {
  const isDirty = (field) =>
    field.hasAttribute("aria-invalid") ||
    (field.options ? !field.selectedOptions[0]?.defaultSelected : field.value !== field.defaultValue);

  // A column's head sorts by what stands in the form, also by what was typed and not applied yet.
  document.addEventListener(
    "click",
    (event) => {
      const head = event.target.closest?.("#rows th a");
      const form = document.getElementById("table-filters");
      if (!head || !form || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (![...form.querySelectorAll("input, .filter-grid select")].some(isDirty)) return;
      event.preventDefault();
      event.stopPropagation();
      const wanted = new URL(head.href).searchParams;
      for (const name of ["sort", "order"]) form.elements[name].value = wanted.get(name);
      form.requestSubmit();
    },
    true,
  );

  // When a build ends the whole page is made anew; what was typed into the form meanwhile goes on standing there.
  let typed = null;

  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = document.getElementById("table-filters");
    if (event.target.id !== "source" || !form) return;
    const fields = [...form.querySelectorAll("input, .filter-grid select")].filter(isDirty);
    typed = { values: fields.map(({ name, value }) => [name, value]), focus: document.activeElement?.id };
  });

  document.addEventListener("htmx:afterSettle", () => {
    const form = document.getElementById("table-filters");
    if (!typed || !form) return;
    for (const [name, value] of typed.values) form.elements[name].value = value;
    if (typed.values.some(([name]) => name !== "q")) form.querySelector("details").open = true;
    if (form.elements[typed.focus] && document.activeElement === document.body) form.elements[typed.focus].focus();
    typed = null;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const from = event.detail.requestConfig?.elt;
    const form = document.getElementById("table-filters");
    if (!form || !(from?.id === "table-filters" || from?.getAttribute("hx-target") === "#latents")) return;
    const wrong = form.querySelector("[aria-invalid]");
    if (wrong) {
      wrong.focus();
      return;
    }
    const rows = document.getElementById("rows");
    if (from.rel) {
      rows.focus({ preventScroll: true });
      rows.scrollIntoView({ block: "start" }); // at once: the way there says nothing
    } else if (document.activeElement === document.body) {
      rows.focus({ preventScroll: true }); // what had the focus is gone, such as the link that dropped a filter
    }
  });
})();
