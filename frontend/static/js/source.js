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
