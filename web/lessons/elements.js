// Elements of the page; the blocks of a lesson are those of the stage. Every text goes in as a text.
import { syncasync } from "../engine/client.js";

/** An element with a class, children or a text, and attributes. */
export function make(tag, name = "", children = [], attributes = {}) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...[children].flat());
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export function button(text, act, name = "lesson-button") {
  const element = make("button", name, text, { type: "button" });
  element.addEventListener("click", act);
  return element;
}

/** An answer with its letter; what has none is in somebody's own words. */
export const lettered = ({ letters, options }, letter) =>
  (letters.includes(letter) ? `${letter}) ${options[letters.indexOf(letter)]}` : letter);

/** Show blocks one below the other; where a lesson leaves time to think, the rest comes with a button. */
export function show(root, blocks, done) {
  const gate = blocks.findIndex(({ kind }) => kind === "gate");
  root.append(...(gate < 0 ? blocks : blocks.slice(0, gate)).map(syncasync.block));
  if (gate < 0) {
    done();
    return;
  }
  const go = button("Think, then go on", () => {
    const before = root.childElementCount - 1;
    go.remove();
    show(root, blocks.slice(gate + 1), done);
    const first = root.children[before];
    first.tabIndex = -1;
    first.focus();
  }, "lesson-button lesson-think");
  root.append(go);
}

/** How many letters of a drawing have room there. */
export function columnsOf(root) {
  const letters = make("pre", "lesson-drawn", "0".repeat(20));
  const ruler = make("span", "", letters.textContent);
  letters.replaceChildren(ruler);
  root.append(letters);
  const style = getComputedStyle(letters);
  const room = letters.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const one = ruler.getBoundingClientRect().width / 20;
  letters.remove();
  return Math.max(24, Math.min(90, Math.floor(room / one)));
}
