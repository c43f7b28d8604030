// The single file holds all pages; the address says which is shown. Another page is shown by loading the file again, so
// that no page knows of the others.
(function () {
  "use strict";

  /** The name of the page that an address means, also where it says only what is on it. */
  function asked() {
    const words = new URLSearchParams(location.hash.slice(1));
    const means = { lesson: "lessons", scenario: "playground", s: "playground" };
    const word = Object.keys(means).find((one) => words.has(one));
    return words.get("page") ?? means[word] ?? "story";
  }

  const templates = [...document.querySelectorAll("template[data-page]")];
  const named = (page) => templates.find(({ dataset }) => dataset.page === page) ?? templates[0];
  const shown = named(asked());
  document.title = shown.title;
  document.body.append(document.importNode(shown.content, true));
  addEventListener("hashchange", () => {
    if (named(asked()) !== shown) location.reload();
  });
})();
