// The search box of the header: arrow keys walk through what it found, Escape closes it.
(() => {
  const box = () => document.querySelector(".find");

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.(".find");
    if (!form || event.isComposing) return;
    if (event.key === "Escape") {
      form.classList.add("is-closed");
      form.querySelector("input").focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...form.querySelectorAll(".found-box a")];
    if (!links.length) return;
    event.preventDefault();
    const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (links[Math.min(next, links.length - 1)] ?? form.querySelector("input")).focus();
  });

  document.addEventListener("input", (event) => {
    if (event.target.closest(".find")) box().classList.remove("is-closed");
  });
})();
