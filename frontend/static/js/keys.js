// Keyboard: j and k go to the next and previous latent, r to a random one, / to the search box, ? to the help.
(() => {
  const help = () => document.getElementById("help");

  function follow(name) {
    const link = document.querySelector(`a[data-key="${name}"]`);
    if (link) link.click();
    return Boolean(link);
  }

  function search() {
    const box = document.querySelector("input[data-key=search]");
    if (box) {
      box.focus();
      box.select();
    }
    return Boolean(box);
  }

  const actions = {
    j: () => follow("next"),
    k: () => follow("previous"),
    r: () => follow("random"),
    "/": search,
    "?": () => {
      help().showModal();
      return true;
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    const action = actions[event.key];
    if (action && action()) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-opens=help]")) help().showModal();
    if (event.target.closest("[data-closes=help]") || event.target === help()) help().close();
  });
})();
