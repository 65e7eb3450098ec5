// The latent's page: the button Link copies the address of what is shown, tab, scale and band included; Previous and
// Next keep the kind of bands and the scale; the keyboard goes on at a label that was saved; and bands whose examples
// come when they are scrolled to do not push away the one that the address names.
(() => {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-copies-address]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !navigator.clipboard) return;
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(location.href);
      document.dispatchEvent(new CustomEvent("periscope:toast", { detail: "The link is in the clipboard." }));
    } catch {
      // The clipboard is refused: the link leads to the page, where the address bar has it.
      location.assign(link.href);
    }
  });

  document.addEventListener("htmx:pushedIntoHistory", () => {
    const shown = new URLSearchParams(location.search);
    shown.delete("band"); // the other latent may have no such band
    for (const link of document.querySelectorAll("[data-keeps-view]")) link.search = shown.toString();
  });

  // The lower bands take the place of what was kept for them; the one whose head is in sight, or was the last,
  // stays where it is on the screen.
  let read = null;

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "later-bands") return;
    const bands = [...event.target.children].map((one) => ({ id: one.id, top: one.getBoundingClientRect().top }));
    read = bands.find(({ top }) => top >= 0 && top < innerHeight) ?? bands.findLast(({ top }) => top < 0);
  });

  document.addEventListener("htmx:afterSwap", () => {
    if (!read) return;
    scrollBy({ top: document.getElementById(read.id).getBoundingClientRect().top - read.top, behavior: "instant" });
    read = null;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const panel = document.getElementById("labels");
    if (event.target.id === "labels" && document.activeElement === document.body) {
      // The form that was sent is gone: the keyboard goes on where the label stands.
      panel.querySelector("summary").focus({ preventScroll: true });
      panel.scrollIntoView({ block: "nearest" });
    }
    const bands = event.target;
    if (bands.id !== "later-bands" || !location.hash) return;
    const named = document.getElementById(location.hash.slice(1));
    if (named && bands.contains(named)) location.replace(location.hash); // goes there again, and it is :target again
  });
})();
