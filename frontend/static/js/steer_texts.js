// The two texts: tokens come one by one and take the place of those of the text before, so that nothing jumps.
// Every text is set with textContent; what would be invisible or would turn the direction of writing gets a mark.
const STEPS = 20;
const LEAST_KL = 0.01; // rounding alone makes as much
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
const NAMES = { "\n": ["\u23ce", "line break"], "\t": ["\u21e5", "tab"] };

export function show(element, text) {
  element.replaceChildren();
  let plain = "";
  for (const character of text) {
    if (!HIDDEN.test(character)) {
      plain += character;
      continue;
    }
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const [shown, name] = NAMES[character] ?? [`\u2039${code}\u203a`, `character U+${code}`];
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.title = name;
    mark.textContent = shown;
    element.append(plain, mark);
    plain = "";
  }
  element.append(plain);
}

export const number = (value) => (value === null || value === undefined ? "\u2013" : Number(value.toPrecision(3)).toString().replace("-", "\u2212"));
export const percent = (share) => `${Number((100 * share).toPrecision(2))}\u00a0%`;
// 1 - e^-KL of the way: as app/steer/texts.py shades them.
const step = (kl) => (!kl || kl < LEAST_KL ? 0 : Math.max(1, Math.round(STEPS * (1 - Math.exp(-kl)))));

export class Pane {
  constructor(side, line) {
    this.side = side;
    this.box = document.getElementById(side);
    this.text = this.box.querySelector(".written");
    this.line = line;
    this.facts = new WeakMap();
    this.n = 0;
    this.at = -1;
    this.box.addEventListener("pointerover", (event) => this.look(event.target.closest(".tok")));
    this.box.addEventListener("focus", () => this.look(this.tokens()[Math.max(0, this.at)]));
    this.box.addEventListener("keydown", (event) => this.walk(event));
  }

  tokens() {
    return [...this.text.querySelectorAll(".tok")];
  }

  written() {
    return [...this.text.querySelectorAll(".tok:not(.given)")];
  }

  // A new text begins. The prompt stands before it; what was written before fades until it is overwritten.
  begin(prompt) {
    this.n = 0;
    if (this.prompt !== prompt) {
      this.prompt = prompt;
      this.text.replaceChildren();
      if (prompt) this.text.append(this.span(prompt, "given"));
    }
    this.spans = this.written();
    for (const span of this.spans) span.classList.add("stale");
  }

  put(token, isSteered) {
    let span = this.spans[this.n];
    if (!span) {
      span = this.span("", "");
      this.text.append(span);
      this.spans.push(span);
    }
    this.n += 1;
    const shade = step(token.kl);
    const kind = ["tok", shade ? `act-${shade}` : "", shade > 11 ? "hot" : "", isSteered ? "steered" : "", span === this.looked ? "looked" : ""];
    span.className = kind.filter(Boolean).join(" ");
    show(span, token.token);
    this.facts.set(span, { ...token, isSteered });
    if (span === this.looked) this.look(span);
  }

  // The whole answer: exact tokens, the prompt token by token, and nothing of the text before.
  finish(text, prompt, isSteered) {
    this.n = 0;
    text.tokens.forEach((token, place) => {
      this.put(
        {
          token, kl: text.kl?.[place] ?? null, logprob: text.logprobs[place], base_logprob: text.base_logprobs[place],
          alternatives: text.alternatives[place],
        },
        isSteered,
      );
    });
    this.stop();
    if (!prompt) return;
    const given = prompt.map(({ token, steered }) => {
      const span = this.span(token, steered ? "given steered" : "given");
      this.facts.set(span, { token, isPrompt: true, isSteered: steered });
      return span;
    });
    for (const old of this.text.querySelectorAll(".given")) old.remove();
    this.text.prepend(...given);
  }

  // What a chat model writes after the end of its turn is pale. Returns what stands before it.
  endTurn(mark) {
    const spans = this.written();
    const texts = spans.map((span) => this.facts.get(span).token);
    const end = mark.trim() ? texts.indexOf(mark) : -1;
    if (end < 0) return texts.join("");
    for (const span of spans.slice(end)) span.classList.add("after");
    return texts.slice(0, end).join("");
  }

  // Nothing more comes.
  stop() {
    for (const span of this.spans?.slice(this.n) ?? []) span.remove();
    this.spans = this.spans?.slice(0, this.n);
  }

  span(text, kind) {
    const span = document.createElement("span");
    span.className = `tok ${kind}`.trim();
    show(span, text);
    return span;
  }

  walk(event) {
    const tokens = this.tokens();
    const last = tokens.length - 1;
    const goal = { ArrowRight: this.at + 1, ArrowLeft: this.at - 1, Home: 0, End: last }[event.key];
    if (goal === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.look(tokens[Math.min(last, Math.max(0, goal))]);
  }

  look(span) {
    if (!span || !this.facts.has(span)) return;
    for (const old of document.querySelectorAll(".tok.looked")) old.classList.remove("looked");
    span.classList.add("looked");
    this.looked = span;
    this.at = this.tokens().indexOf(span);
    describe(this.line, this.facts.get(span));
  }
}

function chip(text) {
  const element = document.createElement("bdi");
  element.className = "token";
  show(element, text.replace(/^ | $/g, "\u00b7") || "\u2205");
  return element;
}

function describe(line, facts) {
  const parts = [chip(facts.token)];
  const say = (text) => parts.push(document.createTextNode(text));
  if (facts.isPrompt) {
    say(` prompt, ${facts.isSteered ? "steered here" : "not steered"}`);
  } else {
    if (facts.kl !== null) say(` KL ${number(facts.kl)} nats · `);
    say(` log-prob ${number(facts.logprob)} (${percent(Math.exp(facts.logprob))})`);
    if (facts.kl !== null) say(` · unsteered ${number(facts.base_logprob)} (${percent(Math.exp(facts.base_logprob))})`);
    if (facts.alternatives?.length) say(" · likeliest ");
    for (const other of facts.alternatives ?? []) {
      parts.push(chip(other.token));
      say(` ${percent(Math.exp(other.logprob))}  `);
    }
  }
  line.replaceChildren(...parts);
}
