// The page of `syncasync-sim play`: sliders that ask the program for another run.
(function (syncasync) {
  "use strict";

  const { Knobs, shower, oneAtATime } = syncasync;
  const GONE = "The program does not answer any more: start it again, and load this page anew.";

  async function answer(positions) {
    try {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch("run", { method: "POST", headers, body: JSON.stringify(positions) });
      return await response.json();
    } catch {
      return { problem: GONE };
    }
  }

  /** Fill the page: `knobs` as plain data, and the `first` answer. */
  syncasync.play = function (knobs, first) {
    const ask = oneAtATime(async (positions) => {
      panel.wait(GONE);
      const came = await answer(positions);
      view.show(came);
      panel.root.dataset.shown = JSON.stringify(positions);
    });
    const options = { ...syncasync.address(location.hash), host: document };
    const panel = new Knobs(document.getElementById("knobs"), knobs, ask, options);
    const view = shower(panel, document.getElementById("replay"), options);
    view.show(first);
    addEventListener("hashchange", () => view.stage?.goTo(syncasync.address(location.hash)));
  };
})((globalThis.syncasync ??= {}));
