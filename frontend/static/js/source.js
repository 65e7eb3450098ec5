// The table of latents, once htmx has put another in its place: reading goes on at its head after a step to another
// page, at the field that is wrong after a filter that was refused, and nowhere else at the top of the document.
(() => {
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
