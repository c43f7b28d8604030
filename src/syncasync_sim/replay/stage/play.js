// The page of `syncasync-sim play`: sliders that ask the program for another run.
(function (syncasync) {
  "use strict";

  const { Sliders, shower, oneAtATime, positionOf, positionWords } = syncasync;
  const GONE = "The program does not answer any more: start it again, and load this page again.";
  const DRAWN_MS = 100; // by then an answer is drawn; a new address before that would delay it

  async function answer(positions, start) {
    try {
      const headers = { "Content-Type": "application/json", "X-Syncasync-Start": start };
      const response = await fetch("run", { method: "POST", headers, body: JSON.stringify(positions) });
      return await response.json();
    } catch {
      return { problem: GONE };
    }
  }

  const words = () => new URLSearchParams(location.hash.slice(1));

  /** The positions that the page's address names; what it names otherwise is left alone. */
  function savedPositions(turned) {
    const named = [...words()].map(([name, word]) => [name, positionOf(turned, name, word)]);
    return Object.fromEntries(named.filter(([, position]) => position !== undefined));
  }

  /** Write them there, so that a reload, or somebody with the same page, finds them. */
  function savePositions(turned, positions) {
    const saved = words();
    for (const { name } of [...turned.controls, ...turned.incidents]) saved.delete(name);
    for (const [name, word] of Object.entries(positionWords(turned, positions))) saved.set(name, word);
    history.replaceState(null, "", `#${saved}`);
  }

  /** Fill the page: `controls` and `incidents` as plain data, and the `first` answer. */
  syncasync.play = function (turned, first, start) {
    let saving = 0;
    let known = location.hash;
    const ask = oneAtATime(async (positions) => {
      clearTimeout(saving);
      panel.wait(GONE);
      view.show(await answer(positions, start));
      saving = setTimeout(() => {
        if (location.hash === known) savePositions(turned, positions); // else a new address is about to be read
        known = location.hash;
        panel.root.dataset.shown = JSON.stringify(positions);
      }, DRAWN_MS);
    });
    const options = { ...syncasync.address(location.hash), host: document };
    const panel = new Sliders(document.getElementById("sliders"), turned, ask, { ...options, now: () => view.stage.time });
    const view = shower(panel, document.getElementById("replay"), options);
    view.show(first);
    const saved = savedPositions(turned);
    if (Object.keys(saved).length) {
      panel.positions = saved;
      ask(saved);
    }
    addEventListener("hashchange", () => {
      known = location.hash;
      const wanted = savedPositions(turned);
      if (JSON.stringify(wanted) !== JSON.stringify(panel.positions)) panel.change(wanted);
      view.stage?.goTo(syncasync.address(location.hash));
    });
  };
})((globalThis.syncasync ??= {}));
