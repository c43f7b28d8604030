// The editor of a scenario: CodeMirror with the keys of the schema, their texts, and the program's own messages.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { yaml } from "@codemirror/legacy-modes/mode/yaml";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { fieldText, keysAt, textOf, valuesAt } from "./fields.js";
import { keysBelow, place } from "./places.js";

const WORD = /[\w-]*$/;
const LABEL = "The scenario as YAML. Escape, then Tab leaves the text.";

const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: [tags.atom, tags.definition(tags.propertyName), tags.propertyName], color: "var(--play-key)" },
  { tag: tags.comment, color: "var(--play-dim)", fontStyle: "italic" },
  { tag: [tags.string, tags.number, tags.keyword, tags.bool], color: "var(--play-value)" },
]));
const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--page)", border: "1px solid var(--play-edge)", height: "var(--play-height)" },
  "&.cm-focused": { outline: "3px solid var(--play-mark)" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", fontSize: "14px", lineHeight: "1.45" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--play-panel)", color: "var(--play-dim)", border: "none" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--play-chosen)" },
  ".cm-tooltip": { backgroundColor: "var(--play-panel)", color: "var(--text)", border: "1px solid var(--play-edge)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--play-mark)", color: "var(--page)" },
  ".cm-completionInfo, .cm-field": { maxWidth: "22rem", padding: "4px 8px", font: "14px/1.4 system-ui, sans-serif" },
  ".cm-completionDetail": { color: "inherit" },
});

/** The keys or the values that may stand at the cursor. */
function completions(schema) {
  return ({ state, pos, explicit }) => {
    const before = state.sliceDoc(0, pos), word = WORD.exec(before)[0];
    if (!word && !explicit && !/[{,]\s*$|^\s*(- )?$/.test(state.doc.lineAt(pos).text.slice(0, pos - state.doc.lineAt(pos).from))) return null;
    const here = place(before.slice(0, before.length - word.length)), whole = schema();
    if (!whole || here.isText || /(^|\s)#[^\n]*$/.test(before)) return null;
    const options = here.isKey ? keyOptions(here, state.sliceDoc(pos), whole) : valueOptions(here, whole);
    return options.length ? { from: pos - word.length, options, validFor: /^[\w-]*$/ } : null;
  };
}

function keyOptions({ path, keys, column, flow }, after, whole) {
  const there = new Set([...keys, ...(flow ? [] : keysBelow(after, column))]);
  const free = [...keysAt(path, whole)].filter(([key]) => !there.has(key));
  const colon = /^[\w-]*\s*:/.test(after) ? "" : ": ";
  return free.map(([key, field]) => ({ label: key, type: "property", info: textOf(field, whole), apply: key + colon }));
}

function valueOptions({ path }, whole) {
  return [...valuesAt(path, whole)].map(([label, detail]) => ({ label, detail, type: "enum", boost: detail ? -1 : 0 }));
}

/** The path of the key under a position, as keys; empty where there is none. */
function keyAt(state, pos) {
  const line = state.doc.lineAt(pos);
  const here = pos - line.from, end = here + /^[\w-]*/.exec(line.text.slice(here))[0].length;
  const start = end - WORD.exec(line.text.slice(0, end))[0].length;
  const { path, isKey, isText } = place(state.sliceDoc(0, line.from + start));
  if (isText) return [];
  return isKey && /^\s*:/.test(line.text.slice(end)) ? [...path, line.text.slice(start, end)] : isKey ? [] : path.filter((key, n) => key !== null || n < path.length - 1);
}

const named = (path) => path.filter((key) => key !== null).join(".");

export class Editor {
  /** An editor in `host`; `changed()` after each change, `field(name, text)` when the cursor stands at another key. */
  constructor(host, { schema, changed, field, run }) {
    this.schema = schema;
    // In a shadow root the editor's own styles come in as the page's policy allows.
    const root = host.attachShadow({ mode: "open" });
    const moved = EditorView.updateListener.of((update) => {
      if (update.docChanged) changed();
      if (update.docChanged || update.selectionSet) this.tell(field);
    });
    const extensions = [
      lineNumbers(), history(), drawSelection(), indentUnit.of("  "), EditorView.lineWrapping,
      StreamLanguage.define(yaml), colours, theme, lintGutter(), moved,
      autocompletion({ override: [completions(schema)], icons: false }),
      hoverTooltip((view, pos) => this.hover(view, pos)),
      keymap.of([{ key: "Mod-Enter", run: () => { run(); return true; } }]),
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.contentAttributes.of({ "aria-label": LABEL }),
    ];
    this.view = new EditorView({ parent: root, root, state: EditorState.create({ extensions }) });
    // The keys of the picture and of the sliders have another meaning here.
    host.addEventListener("keydown", (event) => event.stopPropagation());
  }

  get text() { return this.view.state.doc.toString(); }

  /** Replace the whole text; Ctrl-Z brings the old one back. */
  set text(text) {
    if (text !== this.text) this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  /** Mark problems: each with `line` and `column` from 1, its `width` in characters, and its `message`. */
  mark(problems) {
    const { state } = this.view, { doc } = state;
    const marks = problems.map(({ line, column, width, message }) => {
      const { from, to, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
      const letters = [...text], units = (count) => letters.slice(0, count).join("").length; // columns count characters
      const start = Math.min(from + units(column - 1), to);
      return { from: start, to: Math.min(from + units(column - 1 + width), to), severity: "error", message };
    });
    this.view.dispatch(setDiagnostics(state, marks));
  }

  tell(field) {
    const whole = this.schema(), path = whole ? keyAt(this.view.state, this.view.state.selection.main.head) : [];
    const text = path.length ? fieldText(path, whole) : "";
    field(text ? named(path) : "", text);
  }

  hover(view, pos) {
    const whole = this.schema(), path = whole ? keyAt(view.state, pos) : [];
    const text = path.length ? fieldText(path, whole) : "";
    if (!text) return null;
    const create = () => {
      const dom = document.createElement("div");
      dom.className = "cm-field";
      dom.textContent = `${named(path)}: ${text}`;
      return { dom };
    };
    return { pos, above: true, create };
  }
}
