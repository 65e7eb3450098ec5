// Draws every element with data-figure: JSON {data, layout, bands} made by app/figures*.py, in the page's colours.
// A click goes to the band under it: to its element if that is on the page, else to its address.
// Plotly comes only when there is something to draw; without it each figure says so and the page still works.
(() => {
  const script = document.currentScript;
  const CONFIG = { displayModeBar: false, responsive: true, showTips: false };
  let library = null;

  function load() {
    library ??= new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = script.dataset.plotly;
      tag.onload = () => resolve(window.Plotly);
      tag.onerror = () => reject(new Error("plotly is missing"));
      document.head.append(tag);
    });
    return library;
  }

  function colours() {
    // A probe resolves light-dark() to what is shown now.
    const probe = document.createElement("span");
    document.body.append(probe);
    const read = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const found = Object.fromEntries(
      ["ink", "muted", "line", "surface", "accent", "accent-soft", "line-strong", "counter", "warn", "bad"].map((n) => [n, read(`--${n}`)]),
    );
    probe.remove();
    return found;
  }

  // Figures name colours as "@accent"; the names become the theme's colours here.
  function paint(value, palette) {
    if (typeof value === "string" && value.startsWith("@")) return palette[value.slice(1)] ?? value;
    if (Array.isArray(value)) return value.map((item) => paint(item, palette));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, paint(item, palette)]));
    }
    return value;
  }

  function jump(bands, x) {
    // Bands share their ends: the upper one has the bar that begins there.
    const band = bands.find((b) => x >= b.low && x <= b.high);
    if (!band) return;
    if (document.getElementById(band.anchor)) location.hash = band.anchor;
    else if (band.href) location.assign(band.href);
  }

  async function draw(host) {
    const figure = JSON.parse(host.dataset.figure);
    try {
      const plotly = await load();
      const { data, layout } = paint({ data: figure.data, layout: figure.layout }, colours());
      layout.font = { ...layout.font, family: getComputedStyle(document.body).fontFamily };
      await plotly.react(host.querySelector(".plot"), data, layout, CONFIG);
      if (!host.classList.contains("drawn") && figure.bands?.length) {
        host.querySelector(".plot").on("plotly_click", (event) => jump(figure.bands, event.points[0].x));
      }
      host.classList.add("drawn");
    } catch {
      host.querySelector(".waiting").textContent =
        "The plot cannot be drawn: its file is missing; the note at the top says what to do.";
    }
  }

  const drawAll = () => document.querySelectorAll("[data-figure]").forEach(draw);

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll("[data-figure]:not(.drawn)").forEach(draw);
  });
  // What lay in a fold had no size.
  document.addEventListener("toggle", (event) => {
    if (event.target.open) event.target.querySelectorAll("[data-figure]").forEach(draw);
  }, true);
  document.addEventListener("periscope:theme", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
