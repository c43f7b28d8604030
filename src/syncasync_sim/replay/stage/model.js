// Where everybody is at a moment: the document's moves, looked up. It simulates nothing and draws nothing.
(function (syncasync) {
  "use strict";

  const GONE = -1;

  /** How many of the rising *times*, or of the rows that begin with them, are at or before *t*. */
  function upto(times, t) {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle][0] ?? times[middle]) <= t) low = middle + 1; else high = middle;
    }
    return low;
  }

  /** The row that holds at *t*: each holds from the time it begins with, the first one from the start. */
  const latest = (rows, t) => rows[upto(rows, t) - 1];

  /** Microseconds as seconds with two decimals: `2.55 s`. */
  /** As Python writes it: an exact half (0.125 s) goes to the even digit. */
  const seconds = (us) => `${((us % 500_000 === 125_000 ? us - 1 : us) / 1e6).toFixed(2)} s`;

  /** As the table writes it: milliseconds below a second. */
  const duration = (us) => (us < 1e6 ? `${Number((us / 1000).toPrecision(3))} ms` : seconds(us));

  /** One design of a document, at a place in its list of moves that goes forward and back. */
  class Lane {
    constructor(doc, lane) {
      Object.assign(this, { doc, lane, places: lane.places, items: lane.items, moves: lane.moves });
      this.times = this.moves.map((move) => move[0]);
      this.next = this.moves.map(() => -1); // per move, the number of the same item's next; -1: none
      this.before = this.moves.map(() => -1);
      const last = new Map();
      this.moves.forEach(([, item], number) => {
        if (last.has(item)) {
          this.before[number] = last.get(item);
          this.next[last.get(item)] = number;
        }
        last.set(item, number);
      });
      this.reset();
    }

    /** Back to the state before the first move. */
    reset() {
      this.count = 0;
      this.there = this.places.map(() => new Map()); // per place: item -> number of its last move
      this.last = new Map(); // item -> number of its last move, wherever that led
    }

    upto(t) { return upto(this.times, t); }

    /** The state after the first *count* moves. */
    goTo(count) {
      if (count < this.count) this.reset();
      for (; this.count < count; this.count++) this.apply(this.count);
    }

    apply(number) {
      const [, item, place] = this.moves[number];
      const before = this.last.get(item);
      if (before !== undefined && this.moves[before][2] !== GONE) {
        this.there[this.moves[before][2]].delete(item);
      }
      if (place !== GONE) this.there[place].set(item, number);
      this.last.set(item, number);
    }

    /** Whether a move shows work in a slot, of which a share is done. */
    works(number) { return this.moves[number].length > 7; }

    /** Whether the work that a move shows stands still, as its worker is frozen. */
    still(number) { return this.doc.ends[this.moves[number][5]][0] === "frozen"; }

    /** How much of the work that a move shows is done at *t*, from 0 to 1; null: there is none, or no end. */
    share(number, t) {
      const [begin, , , , , , , worked, lasts] = this.moves[number];
      if (lasts === undefined || lasts < 0) return null;
      return lasts ? Math.min(1, (worked + (this.still(number) ? 0 : t - begin)) / lasts) : 1;
    }

    /** The workers that take nothing at *t*, by their slots: a word for each. */
    paused(t) {
      const rows = [...(this.lane.pauses ?? []), ...this.lane.down.map(([slot, ...times]) => [slot, "dead", ...times])];
      return new Map(rows.filter(([, , at, until]) => at <= t && (until < 0 || t < until)));
    }

    /** The words for a place that is down at *t*; empty if it is not. */
    placeDown(place, t) {
      const down = this.lane.places_down?.[place];
      return down?.times.some(([begin, end]) => begin <= t && (end < 0 || t < end)) ? down.words : "";
    }

    /** The steps that are down at *t*, by their names. */
    outages(t) {
      const now = this.doc.outages.filter(([, from, until]) => from <= t && (until === null || t < until));
      return [...new Set(now.map(([step]) => this.doc.steps[step]))];
    }

    caption(number) { return this.fill(this.doc.captions, number); }

    /** What an item is at, from that move to its next. */
    state(number) { return this.fill(this.doc.states, number); }

    /** A template's text, or one of templates by the event, with the values of a move. */
    fill(templates, number) {
      const [t, item, , slot, step, mark, attempt] = this.moves[number];
      const before = this.before[number] < 0 ? t : this.times[this.before[number]];
      const values = {
        customer: this.items[item][1] + 1,
        slot: slot + 1,
        step: step >= 0 ? this.doc.steps[step] : "",
        done: this.doc.done[step] ?? "",
        attempt,
        waited: seconds(t - before),
      };
      return (typeof templates === "string" ? templates : templates[mark]).replace(/\{(\w+)\}/g, (_, name) => values[name]);
    }
  }

  /** The times at which something happens in any lane, rising, each once. */
  const eventTimes = (lanes) => [...new Set(lanes.flatMap((lane) => lane.times))].sort((a, b) => a - b);

  Object.assign(syncasync, { Lane, duration, eventTimes, seconds, upto, latest });
})((globalThis.syncasync ??= {}));
