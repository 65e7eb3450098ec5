// Applies the chosen theme before the first paint, and keeps the header's switch in step with it.
(() => {
  const KEY = "periscope-theme";
  const CHOICES = ["system", "light", "dark"];
  const root = document.documentElement;

  function stored() {
    try {
      const choice = localStorage.getItem(KEY);
      return CHOICES.includes(choice) ? choice : "system";
    } catch {
      return "system";
    }
  }

  function apply(choice) {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    document.dispatchEvent(new CustomEvent("periscope:theme", { detail: choice }));
  }

  apply(stored());
  root.classList.add("js");

  document.addEventListener("DOMContentLoaded", () => {
    for (const input of document.querySelectorAll("input[name=theme]")) {
      input.checked = input.value === stored();
      input.addEventListener("change", () => {
        try {
          localStorage.setItem(KEY, input.value);
        } catch {
          // Storage is refused: the choice holds for this page only.
        }
        apply(input.value);
      });
    }
  });
})();
