// A bar for each customer on the run's clock: it grows while the run plays, and stays.
(function (syncasync) {
  "use strict";

  const { make, icon, SIGNS, say, duration, seconds, upto } = syncasync;
  const FEW = 6; // so many rows of chosen customers, with letters for a class
  const ROUND_NAME_PX = 4, SIGN_PX = 21; // free room at both ends of a name; a sign with the gap to its words

  /** The letters of an element, as a canvas takes them. */
  function lettersOf(element) {
    const { fontWeight, fontSize, fontFamily, letterSpacing } = getComputedStyle(element);
    return { font: `${fontWeight} ${fontSize} ${fontFamily}`, letterSpacing };
  }

  let canvas = null;

  /** A function that gives the width of a text in such letters, in pixels, without laying it out. */
  function textWidth(letters) {
    canvas ??= document.createElement("canvas").getContext("2d");
    const widths = new Map();
    return (text) => {
      if (!widths.has(text)) widths.set(text, Object.assign(canvas, letters).measureText(text).width);
      return widths.get(text);
    };
  }

  /** Who shares a line: the clicks of a customer, what the server does for nobody, the messages of a step. */
  const owner = ([kind, , , step]) => (kind === 0 ? "customer" : `${kind} ${step}`);

  /** A customer's stretches in lines: one over the other only where two things go on at once. */
  function linesOf(lane, stays) {
    const lines = [];
    for (const [item, moves] of [...stays].sort(([a], [b]) => lane.items[a][0] - lane.items[b][0] || a - b)) {
      const name = owner(lane.items[item]), begin = lane.times[moves[0]];
      let line = lines.find((other) => other.name === name && (other.kind === 1 || other.until <= begin));
      if (!line) lines.push((line = { name, kind: lane.items[item][0], moves: [] }));
      line.moves.push(...moves);
      line.until = lane.times[moves[moves.length - 1]]; // what the server does for nobody may overlap: it is only outlined
    }
    return lines;
  }

  /** The legend: a piece of a bar, or a sign, and what it means. */
  const legend = (signs) => make("ul", "sa-signs", signs.map(({ look, text }) => {
    const sample = SIGNS[look] ? make("span", `sa-end-${look}`, icon(SIGNS[look])) : make("i", /^sa-(dot|sign)/.test(look) ? look : `sa-stretch ${look}`);
    return make("li", "", [sample, text]);
  }), { "aria-label": "Legend" });

  class Bars {
    constructor(view, doc) {
      Object.assign(this, { view, lane: view.lane, doc, end: doc.time.end || 1, count: -1, asked: null });
      this.stays = new Map(); // customer -> item -> its moves
      this.lane.moves.forEach(([, item], number) => {
        const customer = this.lane.items[item][1];
        if (!this.stays.has(customer)) this.stays.set(customer, new Map());
        const stays = this.stays.get(customer);
        if (!stays.has(item)) stays.set(item, []);
        stays.get(item).push(number);
      });
      this.rows = make("div", "sa-rows");
      const ticks = doc.time.ticks.map((at) => make("span", at * 1e6 > this.end * 0.97 ? "sa-last" : "", `${at} s`, { style: `left:${this.percent(at * 1e6)}%` }));
      this.axis = make("div", "sa-ticks", ticks, { "aria-hidden": "true" });
      this.element = make("div", "sa-bars", [this.rows, this.axis], { role: "group", "aria-label": "A bar for each customer" });
      this.show(null);
    }

    percent(t) { return ((t / this.end) * 100).toFixed(3); }

    /** The rows: those that the document names, and one that was asked for. */
    show(asked) {
      if (this.asked === asked && this.rows.childElementCount) return;
      this.asked = asked;
      const named = new Map(this.doc.shown.map(([customer, why, mode]) => [customer, !mode || mode === this.lane.lane.id ? why : ""]));
      if (asked !== null && !named.has(asked)) named.set(asked, "");
      const few = new Set([...named.keys()].slice(0, FEW)).add(asked); // of the chosen, those that matter most come first
      Object.assign(this, { told: [], names: [], dots: [], drawn: [], lines: 0, fewLines: 0, now: make("div", "sa-now") });
      const made = [...named].sort(([a], [b]) => a - b).map(([customer, why]) => this.row(customer, why, few.has(customer)));
      for (const { ends } of this.told) ends.sort((a, b) => a.at - b.at);
      this.times = [...this.dots, ...this.told.flatMap(({ ends }) => ends)].map(({ at }) => at).sort((a, b) => a - b);
      this.rows.style.setProperty("--sa-all-lines", Math.max(this.lines, 4));
      this.rows.style.setProperty("--sa-few-lines", Math.max(this.fewLines, 4));
      this.rows.replaceChildren(...made, this.now);
      this.count = -1;
      this.size = null;
    }

    row(customer, why, isOfFew) {
      const lines = linesOf(this.lane, this.stays.get(customer) ?? []);
      const height = Math.max(1, lines.length) + 0.4;
      this.lines += height;
      if (isOfFew) this.fewLines += height;
      const words = `customer ${customer + 1}`;
      const who = make("button", "sa-who", [make("small", why && "sa-why", why || "customer"), String(customer + 1)], { type: "button" });
      who.dataset.customer = customer;
      const first = lines.length ? this.lane.times[lines[0].moves[0]] : 0;
      const told = { who, words: why ? `${words}, ${why}` : words, ends: [] };
      this.told.push(told);
      const drawn = lines.map((line) => this.line(line, first, told));
      drawn[0]?.append(...this.lane.lane.again.filter(([whose]) => whose === customer).flatMap((row) => this.twice(row)));
      return make("div", isOfFew ? "sa-row sa-of-few" : "sa-row", [who, make("div", "sa-plot-lines", drawn)]);
    }

    line({ moves, kind }, first, told) {
      const stretches = [], ends = [], start = this.lane.times[moves[0]];
      let over = start;
      for (const move of moves) {
        const next = this.lane.next[move], begin = this.lane.times[move];
        const until = next < 0 ? this.end : this.lane.times[next];
        const place = this.lane.places[this.lane.moves[move][2]];
        if (place && place.kind !== "sink" && until > begin) {
          stretches.push(this.stretch(move, kind, place, begin, until));
          over = Math.max(over, until);
        }
        const end = this.doc.ends[this.lane.moves[move][5]];
        if (end.length) ends.push(this.sign(move, end, first));
      }
      told.ends.push(...ends);
      const element = make("div", "sa-drawn", stretches, { "aria-hidden": "true" });
      this.drawn.push({ element, begin: start, until: over });
      return make("div", "sa-bar-line", [element, ...ends.map(({ element }) => element)]);
    }

    /** Work is filled, waiting hatched; a name stands where there is room for it. */
    stretch(move, kind, place, begin, until) {
      const works = this.lane.works(move) && !this.lane.still(move), state = this.lane.state(move);
      const look = place.kind === "delay" ? "sa-away" : works ? "sa-work" : "sa-waiting";
      const style = `left:${this.percent(begin)}%;width:${this.percent(until - begin)}%`;
      const element = make("i", `sa-stretch ${look} sa-for-${this.doc.kinds[kind]}`, [], { style, title: `${state}, from ${seconds(begin)} on` });
      if (works) this.names.push({ element, name: state, share: (until - begin) / this.end });
      return element;
    }

    /** How something ended, with the time since the customer's first click. */
    sign(move, [look, text], first) {
      const [at, item, , , of] = this.lane.moves[move], words = this.lane.fill(text, move);
      const again = this.lane.lane.again.some(([whose, step, , t]) => whose === this.lane.items[item][1] && step === of && t === at);
      const label = words && `${words}${again ? " again" : ""} ${duration(at - first)}`;
      const element = make("span", `sa-end sa-end-${look} sa-to-come`, [icon(SIGNS[look]), make("span", "sa-end-text", label)], { style: `left:${this.percent(at)}%`, "aria-hidden": "true" });
      element.title = this.lane.caption(move);
      return { at, element, label, over: this.lane.next[move] < 0 };
    }

    /** Two dots over a bar: what happened to a customer once more, and the time before. */
    twice([, step, before, at]) {
      const words = `${this.doc.done[step]} more than once`;
      return [before, at].map((t) => {
        const element = make("span", "sa-dot sa-to-come", "", { style: `left:${this.percent(t)}%`, title: words, "aria-hidden": "true" });
        this.dots.push({ at, element });
        return element;
      });
    }

    draw(t) {
      this.now.style.setProperty("--sa-at", `${this.percent(t)}%`);
      for (const line of this.drawn) {
        const seen = t < line.begin ? 0 : Math.min(t, line.until); // a bar that has not begun, or has ended, stays as it is
        if (seen !== line.seen) line.element.style.clipPath = `inset(0 ${(100 - this.percent((line.seen = seen))).toFixed(3)}% 0 0)`;
      }
      const count = upto(this.times, t);
      if (count === this.count) return;
      this.count = count;
      for (const { element, at } of this.dots) element.classList.toggle("sa-to-come", at > t);
      for (const { who, words, ends } of this.told) {
        const seen = ends.filter(({ at }) => at <= t);
        const newest = new Map(seen.map((end) => [end.element.parentElement, end])); // of a line only the newest has words
        for (const end of ends) {
          end.element.classList.toggle("sa-to-come", end.at > t);
          end.element.classList.toggle("sa-newest", newest.get(end.element.parentElement) === end);
          end.element.classList.toggle("sa-latest", seen[seen.length - 1] === end);
        }
        const labels = seen.filter((end) => end.label && (end.over || newest.get(end.element.parentElement) === end));
        who.setAttribute("aria-label", [words, ...labels.map(({ label }) => label)].join(", "));
      }
    }

    mark(customer) {
      this.show(customer);
      for (const row of this.rows.querySelectorAll(".sa-who")) row.parentElement.classList.toggle("sa-followed", Number(row.dataset.customer) === customer);
    }

    /** Read how large the rows are; what to write if that has changed. */
    measure() {
      const line = this.rows.querySelector(".sa-of-few .sa-bar-line"), stretch = this.rows.querySelector(".sa-stretch"), sign = this.rows.querySelector(".sa-end");
      if (!line || !stretch) return [];
      const { clientWidth: width, clientHeight: height } = line, room = this.rows.getBoundingClientRect().right - line.getBoundingClientRect().left;
      const thin = height <= parseFloat(getComputedStyle(stretch).fontSize);
      const size = { width, room, thin, names: lettersOf(stretch), words: sign && lettersOf(sign) };
      return JSON.stringify(size) === JSON.stringify(this.size) ? [] : [() => this.fit(size)];
    }

    /** Names stand where they fit, and the words of a sign on the side of it where there is room. */
    fit(size) {
      const { width, room, thin } = this.size = size;
      const named = textWidth(size.names), told = size.words && textWidth(size.words);
      this.rows.classList.toggle("sa-thin", thin); // no room for names
      for (const { element, name, share } of this.names) say(element, !thin && named(name) < share * width - ROUND_NAME_PX ? name : "");
      for (const { element, at, label } of this.told.flatMap((row) => row.ends)) {
        const from = (at / this.end) * width, words = told(label) + SIGN_PX;
        element.classList.toggle("sa-words-first", from > words && from + words > room);
      }
    }
  }

  Object.assign(syncasync, { Bars, legend });
})((globalThis.syncasync ??= {}));
