// Making elements. Text goes in as text, never as markup.
(function (syncasync) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";

  /** An element `tag` with classes, some text or children, a style, and attributes. */
  function make(tag, classes = "", content = [], { style, ...attributes } = {}) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (style) element.style.cssText = style; // an attribute would need a policy that allows inline styles
    element.append(...(Array.isArray(content) ? content : [content]));
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "style") element.style.cssText = value; // as an attribute, a strict policy forbids it
      else element.setAttribute(name, value);
    }
    return element;
  }

  /** An SVG element with attributes. */
  function draw(tag, attributes = {}, children = []) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /** A picture on a button: paths in a square of 16, since not every font has such signs. */
  function icon(path) {
    const attributes = { viewBox: "0 0 16 16", class: "sa-icon", "aria-hidden": "true" };
    return draw("svg", attributes, [draw("path", { d: path })]);
  }

  /** The signs, by what they stand for, as such paths. */
  const SIGNS = {
    ok: "M8 1.5a6.5 6.5 0 1 0 .01 0z",
    done: "M2 2h12v12H2z",
    bad: "M3.2 1 8 5.8 12.8 1 15 3.2 10.2 8l4.8 4.8-2.2 2.2L8 10.2 3.2 15 1 12.8 5.8 8 1 3.2z",
    gone: "M1 6.5h8V2l6 6-6 6V9.5H1z",
    frozen: "M3 1.5h4v13H3zM9 1.5h4v13H9z",
    stopping: "M2 1h12v2.5H2zM5.5 5h5v4h3.5l-6 6-6-6h3.5z",
    stopped: "M1 6h14v4H1z",
    evicted: "M6.5 1v3H4v8h2.5v3H1V1zM7 6.2h3.5V3l5 5-5 5V9.8H7z",
  };

  /** Set an element's text, if it is another. */
  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  /** Make *wanted* the children of *parent*, in that order, and touch only what differs. */
  function arrange(parent, wanted) {
    const stay = new Set(wanted);
    for (const child of [...parent.childNodes]) if (!stay.has(child)) child.remove();
    let here = parent.firstChild;
    for (const child of wanted) {
      if (child === here) here = here.nextSibling;
      else parent.insertBefore(child, here);
    }
  }

  /** `12 text`, `1,234 text`. */
  const number = (count) => count.toLocaleString("en-GB");

  Object.assign(syncasync, { make, draw, icon, SIGNS, say, arrange, number });
})((globalThis.syncasync ??= {}));
