// Where a cursor stands in a YAML text: the keys that lead there. Only what scenarios need of YAML is read.

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:{}[\],&*!|>'"%@`-][^#:{}[\],]*?)\s*:(?=\s|$)/;
const bare = (key) => key.trim().replace(/^(["'])(.*)\1$/, "$2");

class Reader {
  constructor() {
    this.open = []; // mappings and lists around the cursor: { kind: "map" or "list", flow, column, key, keys }
    this.block = null; // the column of the key whose text goes on below it
  }

  get top() { return this.open.at(-1); }

  push(kind, flow, column) { this.open.push({ kind, flow, column, key: null, keys: new Set(), text: "" }); }

  name(key) {
    this.top.key = bare(key);
    this.top.keys.add(this.top.key);
  }

  line(text, last) {
    if (this.top?.flow) return this.flow(text);
    let column = text.search(/\S/);
    if (column < 0) {
      if (!last) return undefined;
      column = text.length;
    }
    if (this.block !== null) {
      if (column > this.block) return undefined;
      this.block = null;
    }
    if (text[column] === "#") return undefined;
    while (/^-(\s|$)/.test(text.slice(column))) {
      this.close(column, "list");
      if (this.top?.kind !== "list" || this.top.column !== column) this.push("list", false, column);
      const next = text.slice(column + 1).search(/\S/);
      column += next < 0 ? text.length - column : next + 1;
      if (next < 0 && !last) return undefined;
    }
    this.close(column, "map");
    if (this.top?.kind !== "map" || this.top.column !== column) this.push("map", false, column);
    const found = KEY.exec(text.slice(column));
    if (!found) {
      this.top.key = null;
      return /^[[{]/.test(text.slice(column)) ? this.flow(text.slice(column)) : undefined;
    }
    this.name(found[1]);
    const value = text.slice(column + found[0].length);
    if (/^\s+[|>]/.test(value)) this.block = column;
    return this.flow(value);
  }

  /** Leave what does not go on in this column; a list may stand in the column of the key above it. */
  close(column, kind) {
    while (this.top && !this.top.flow && (this.top.column > column || (this.top.column === column && kind === "map" && this.top.kind === "list"))) {
      this.open.pop();
    }
  }

  /** The rest of a line, which may open brackets; text outside of them is a value. */
  flow(text) {
    let quote = null;
    for (let at = 0; at < text.length; at++) {
      const letter = text[at], inside = this.top?.flow;
      if (quote) {
        if (letter === quote) quote = null;
      } else if (letter === "#" && (at === 0 || /\s/.test(text[at - 1]))) {
        return;
      } else if (/["']/.test(letter) && !(inside ? this.top.text : text.slice(0, at)).trim()) {
        quote = letter;
      } else if (/[[{]/.test(letter) && (inside || !text.slice(0, at).trim())) {
        this.push(letter === "{" ? "map" : "list", true, 0);
        continue;
      } else if (inside && /[\]}]/.test(letter)) {
        this.open.pop();
        continue;
      } else if (inside && letter === ",") {
        this.top.key = null;
        this.top.text = "";
        continue;
      } else if (inside && letter === ":" && this.top.kind === "map" && /^(\s|$)/.test(text.slice(at + 1))) {
        this.name(this.top.text);
        this.top.text = "";
        continue;
      }
      if (this.top?.flow) this.top.text += letter;
    }
  }
}

/** What is around the end of a text: `path` (a key, or null for an item of a list), the `keys` written there, `isKey`. */
export function place(text) {
  const reader = new Reader(), lines = text.split("\n");
  lines.forEach((line, number) => reader.line(line, number === lines.length - 1));
  const { open, top, block } = reader;
  const isKey = top?.kind === "map" && top.key === null;
  const around = isKey ? open.slice(0, -1) : open;
  const path = around.map(({ kind, key }) => (kind === "list" ? null : key));
  return { path, isKey, isText: block !== null, keys: top?.keys ?? new Set(), column: top?.column ?? 0, flow: top?.flow ?? false };
}

/** The keys of the same mapping below the cursor. */
export function keysBelow(text, column) {
  const keys = [];
  for (const line of text.split("\n").slice(1)) {
    const here = line.search(/\S/);
    if (here < 0 || line[here] === "#" || here > column) continue;
    const found = KEY.exec(line.slice(here));
    if (here < column || !found) break;
    keys.push(bare(found[1]));
  }
  return keys;
}
