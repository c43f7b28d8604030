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

  Object.assign(syncasync, { make, draw, icon, say, arrange, number });
})((globalThis.syncasync ??= {}));
