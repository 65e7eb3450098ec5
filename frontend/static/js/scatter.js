// Draws every element with data-scatter: dots on a canvas, since a plot of 24,576 marks in SVG or Plotly would not stay
// fluid. The dot under the pointer is covered by a real link, so that a click, a middle click and "copy link" work; the
// arrow keys walk along the dots. The numbers are made by app/sources/figures.py and fetched once per build.
(() => {
  const DEAD = 65535;
  const PLACES = 65534;
  const MARGIN = { left: 52, right: 10, top: 10, bottom: 40 };
  const REACH = 14; // pixels between the pointer and the dot it means
  const CELL = 16; // pixels
  const plots = new Map();

  function decode(data) {
    const text = atob(data.points);
    const count = text.length / 4;
    const byte = (i) => text.charCodeAt(i);
    const dots = { index: [], x: [], y: [] };
    for (let i = 0; i < count; i += 1) {
      const x = byte(4 * i) + 256 * byte(4 * i + 1);
      if (x === DEAD) continue;
      dots.index.push(i * data.step);
      dots.x.push(x / PLACES);
      dots.y.push((byte(4 * i + 2) + 256 * byte(4 * i + 3)) / PLACES);
    }
    dots.byDensity = dots.x.map((_, i) => i).sort((a, b) => dots.x[a] - dots.x[b]);
    return dots;
  }

  const value = (place, [low, high]) => 10 ** (low + place * (high - low));
  const short = (number) => {
    if (number >= 100) return Math.round(number).toLocaleString("en");
    return number >= 0.001 ? String(Number(number.toPrecision(3))) : number.toExponential(1);
  };
  const percent = (share) => `${short(100 * share)} %`;

  function ticks([low, high]) {
    const found = [];
    for (let decade = Math.floor(low); decade <= Math.ceil(high); decade += 1) {
      for (const factor of high - low < 2.2 ? [1, 2, 5] : [1]) {
        const place = decade + Math.log10(factor);
        if (place >= low && place <= high) found.push({ place: (place - low) / (high - low), number: 10 ** place });
      }
    }
    return found;
  }

  class Scatter {
    constructor(host, data) {
      this.host = host;
      this.data = data;
      this.dots = decode(data);
      this.canvas = host.querySelector("canvas");
      this.link = host.querySelector("a");
      this.tip = host.querySelector(".tip");
      this.chosen = -1;
      this.canvas.addEventListener("pointermove", (event) => this.point(event));
      this.canvas.addEventListener("pointerdown", (event) => this.point(event));
      this.link.addEventListener("pointermove", (event) => this.point(event));
      this.link.addEventListener("keydown", (event) => this.walk(event));
      this.link.addEventListener("focus", () => this.choose(this.chosen < 0 ? this.dots.byDensity.at(-1) : this.chosen));
      host.addEventListener("pointerleave", () => this.leave());
      new ResizeObserver(() => this.draw()).observe(host);
      this.link.hidden = this.dots.x.length === 0;
      this.draw();
      host.classList.add("drawn");
    }

    draw() {
      const { width, height } = this.host.getBoundingClientRect();
      if (!width || !height) return;
      const scale = window.devicePixelRatio || 1;
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      this.box = {
        x: MARGIN.left, y: MARGIN.top,
        width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom,
      };
      const context = this.canvas.getContext("2d");
      context.scale(scale, scale);
      this.axes(context, getComputedStyle(this.host));
      this.marks(context, getComputedStyle(this.host));
      this.hide();
    }

    axes(context, style) {
      const { x, y, width, height } = this.box;
      const { density, maximum } = this.data;
      context.font = `12px ${style.fontFamily}`;
      context.strokeStyle = style.getPropertyValue("border-top-color");
      context.fillStyle = style.color;
      context.lineWidth = 1;
      context.textAlign = "center";
      let last = -Infinity;
      for (const tick of ticks(density)) {
        const at = x + tick.place * width;
        line(context, at, y, at, y + height);
        if (at - last < 54) continue;
        const said = percent(tick.number);
        const end = x + width + MARGIN.right - context.measureText(said).width / 2;
        context.fillText(said, Math.min(at, end), y + height + 15); // whole, also at the edge
        last = at;
      }
      context.fillText("density (share of tokens)", x + width / 2, y + height + 33);
      context.textAlign = "right";
      for (const tick of ticks(maximum)) {
        const at = y + (1 - tick.place) * height;
        line(context, x, at, x + width, at);
        context.fillText(short(tick.number), x - 6, at + 4);
      }
      context.save();
      context.translate(12, y + height / 2);
      context.rotate(-Math.PI / 2);
      context.textAlign = "center";
      context.fillText("maximum activation", 0, 0);
      context.restore();
    }

    marks(context, style) {
      const { dots, box } = this;
      const many = dots.x.length > 4000;
      const size = many ? 2 : 4;
      this.cells = new Map();
      context.fillStyle = style.getPropertyValue("outline-color");
      context.globalAlpha = many ? 0.45 : 0.7;
      for (let i = 0; i < dots.x.length; i += 1) {
        const { x, y } = this.place(i);
        context.fillRect(x - size / 2, y - size / 2, size, size);
        const cell = this.cell(x, y);
        if (this.cells.has(cell)) this.cells.get(cell).push(i);
        else this.cells.set(cell, [i]);
      }
      context.globalAlpha = 1;
      this.columns = Math.ceil((box.x + box.width) / CELL) + 2;
    }

    place(i) {
      const { box, dots } = this;
      return { x: box.x + dots.x[i] * box.width, y: box.y + (1 - dots.y[i]) * box.height };
    }

    cell(x, y) {
      return Math.floor(y / CELL) * 4096 + Math.floor(x / CELL);
    }

    nearest(x, y) {
      let best = -1;
      let least = REACH ** 2;
      for (const down of [-1, 0, 1]) {
        for (const right of [-1, 0, 1]) {
          for (const i of this.cells.get(this.cell(x + right * CELL, y + down * CELL)) ?? []) {
            const at = this.place(i);
            const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
            if (distance < least) [best, least] = [i, distance];
          }
        }
      }
      return best;
    }

    point(event) {
      const box = this.host.getBoundingClientRect();
      const found = this.nearest(event.clientX - box.left, event.clientY - box.top);
      if (found >= 0) this.choose(found);
      else this.leave();
    }

    choose(i) {
      if (i === undefined || i < 0) return;
      this.chosen = i;
      const { dots, data } = this;
      const { x, y } = this.place(i);
      const density = percent(value(dots.x[i], data.density));
      const maximum = short(value(dots.y[i], data.maximum));
      this.link.href = this.host.dataset.latents + dots.index[i];
      this.link.style.translate = `${x}px ${y}px`;
      this.link.classList.add("on");
      this.link.setAttribute("aria-label", `Latent ${dots.index[i]}: density ${density}, maximum ${maximum}`);
      this.tip.textContent = `latent ${dots.index[i]} · density ${density} · maximum ${maximum}`;
      this.tip.hidden = false;
      const half = this.tip.offsetWidth / 2;
      const middle = Math.min(Math.max(x, half), this.host.clientWidth - half);
      this.tip.style.translate = `${middle - half}px ${y < 48 ? y + 12 : y - 12 - this.tip.offsetHeight}px`;
    }

    walk(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 10, ArrowDown: -10 }[event.key];
      if (!step) return;
      event.preventDefault();
      const order = this.dots.byDensity;
      const place = order.indexOf(this.chosen) + step;
      this.choose(order[Math.min(Math.max(place, 0), order.length - 1)]);
    }

    leave() {
      if (document.activeElement !== this.link) this.hide();
    }

    hide() {
      this.tip.hidden = true;
      this.link.classList.remove("on");
    }
  }

  function line(context, x0, y0, x1, y1) {
    context.beginPath();
    context.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
    context.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
    context.stroke();
  }

  async function load(host) {
    try {
      const answer = await fetch(host.dataset.scatter);
      if (!answer.ok) throw new Error(String(answer.status));
      plots.set(host, new Scatter(host, await answer.json()));
    } catch {
      host.querySelector(".waiting").textContent = "The dots could not be fetched; reload the page to try again.";
    }
  }

  // Fetched only when it comes into view.
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((item) => item.isIntersecting)) {
      watcher.unobserve(entry.target);
      load(entry.target);
    }
  }, { rootMargin: "200px" });

  function find(root) {
    for (const host of root.querySelectorAll("[data-scatter]")) {
      if (plots.has(host)) continue;
      plots.set(host, null);
      watcher.observe(host);
    }
  }

  function redraw() {
    for (const [host, plot] of plots) {
      if (!host.isConnected) plots.delete(host);
      else plot?.draw();
    }
  }

  document.addEventListener("DOMContentLoaded", () => find(document));
  document.addEventListener("htmx:afterSettle", (event) => find(event.target.parentNode ?? document));
  document.addEventListener("periscope:theme", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
})();
