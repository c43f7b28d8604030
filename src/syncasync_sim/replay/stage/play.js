// The page of `syncasync-sim play`: sliders that ask the program for another run.
(function (syncasync) {
  "use strict";

  const { Sliders, shower, oneAtATime } = syncasync;
  const GONE = "The program does not answer any more: start it again, and load this page again.";

  async function answer(positions, start) {
    try {
      const headers = { "Content-Type": "application/json", "X-Syncasync-Start": start };
      const response = await fetch("run", { method: "POST", headers, body: JSON.stringify(positions) });
      return await response.json();
    } catch {
      return { problem: GONE };
    }
  }

  /** The positions that the page's address names: `#workers=5&kill=3,12`, a stop as it is written, or times. */
  function savedPositions({ controls, incidents }) {
    const words = new URLSearchParams(location.hash.slice(1));
    const stops = controls.map(({ name, stops }) => [name, stops.indexOf(words.get(name))]).filter(([, stop]) => stop >= 0);
    const times = incidents.map(({ name }) => [name, (words.get(name) ?? "").split(",").filter(Boolean).map(Number)]);
    return Object.fromEntries([...stops, ...times.filter(([, listed]) => listed.length && listed.every((t) => t >= 0))]);
  }

  /** Write them there, so that a reload, or somebody with the same page, finds them. */
  function savePositions({ controls, incidents }, positions) {
    const words = new URLSearchParams(location.hash.slice(1));
    for (const { name, stops } of [...controls, ...incidents]) {
      if (name in positions) words.set(name, stops ? stops[positions[name]] : positions[name].join()); else words.delete(name);
    }
    history.replaceState(null, "", `#${words}`);
  }

  /** Fill the page: `controls` and `incidents` as plain data, and the `first` answer. */
  syncasync.play = function (turned, first, start) {
    const ask = oneAtATime(async (positions) => {
      panel.wait(GONE);
      const came = await answer(positions, start);
      view.show(came);
      savePositions(turned, positions);
      panel.root.dataset.shown = JSON.stringify(positions);
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
      const wanted = savedPositions(turned);
      if (JSON.stringify(wanted) !== JSON.stringify(panel.positions)) panel.change(wanted);
      view.stage?.goTo(syncasync.address(location.hash));
    });
  };
})((globalThis.syncasync ??= {}));
