// Keyboard. Fixed keys follow the links marked data-key; data-hotkey="x" or "g x" gives an element a key of its own;
// data-walk="selector" lets j and k move through links of a list. The help sheet lists what works on this page.
(() => {
  const FIXED = [
    ["j", "next", "next latent"],
    ["k", "previous", "previous latent"],
    ["r", "random", "random latent"],
    ["/", "search", "to the search or text box"],
  ];
  const PAIR_MS = 1200; // the second key of a pair must come within this time
  const help = () => document.getElementById("help");
  const shown = (element) => element.checkVisibility();
  const keyed = (name) => [...document.querySelectorAll(`[data-key="${name}"]`)].find(shown);
  let first = "";
  let timer = 0;

  function use(element) {
    if (!element || element.disabled) return false;
    if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
      element.focus();
      element.select?.();
    } else {
      element.click();
    }
    return true;
  }

  function stops() {
    return [...document.querySelectorAll("[data-walk]")].flatMap((list) => [...list.querySelectorAll(list.dataset.walk)]).filter(shown);
  }

  function walk(step) {
    const all = stops();
    if (!all.length) return false;
    const now = all.indexOf(document.activeElement);
    const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function switchTheme() {
    const all = [...document.querySelectorAll("input[name=theme]")];
    const next = all[(all.findIndex((input) => input.checked) + 1) % all.length];
    next?.click();
    return Boolean(next);
  }

  function hotkey(keys) {
    return [...document.querySelectorAll("[data-hotkey]")].find((item) => item.dataset.hotkey === keys && shown(item));
  }

  function act(key) {
    const fixed = FIXED.find((row) => row[0] === key);
    if (fixed && use(keyed(fixed[1]))) return true;
    if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
    if (key === "t") return switchTheme();
    if (key === "?") {
      open();
      return true;
    }
    return use(hotkey(key));
  }

  function rows() {
    const found = FIXED.filter((row) => keyed(row[1])).map((row) => [row[0], row[2]]);
    if (stops().length && !keyed("next") && !keyed("previous")) found.push(["j", "next in the list"], ["k", "previous in the list"]);
    const own = [...document.querySelectorAll("[data-hotkey]")].filter(shown);
    found.push(...own.map((item) => [item.dataset.hotkey, item.dataset.hotkeyText ?? item.textContent.trim()]));
    found.push(["t", "light, as the system, dark"], ["?", "this list"], ["Esc", "close it"]);
    return found;
  }

  function open() {
    const list = help().querySelector("[data-keys]");
    list.replaceChildren();
    for (const [keys, text] of rows()) {
      const term = document.createElement("dt");
      for (const key of keys.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        term.append(cap, " ");
      }
      const meaning = document.createElement("dd");
      meaning.textContent = text;
      list.append(term, meaning);
    }
    if (!help().open) help().showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog[open]")) return;
    const pair = first ? hotkey(`${first} ${event.key}`) : null;
    clearTimeout(timer);
    first = "";
    if (pair && use(pair)) {
      event.preventDefault();
    } else if (document.querySelector(`[data-hotkey^="${CSS.escape(event.key)} "]`)) {
      first = event.key;
      timer = setTimeout(() => (first = ""), PAIR_MS);
    } else if (act(event.key)) {
      event.preventDefault();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-opens=help]")) open();
    if (event.target.closest("[data-closes=help]") || event.target === help()) help().close();
  });
})();
