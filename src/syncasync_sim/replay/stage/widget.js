// The same sliders and stage in a notebook: anywidget asks for `render`, Python answers.
function render({ model, el }) {
  const host = el.appendChild(document.createElement("div"));
  host.dataset.lmSuppressShortcuts = "true"; // keys are for the sliders and the stage, not for the notebook
  const root = host.attachShadow({ mode: "open" }); // the notebook's styles stay outside
  const style = document.createElement("style"), panel = document.createElement("div"), stage = document.createElement("div");
  style.textContent = model.get("_style");
  root.append(style, panel, stage);
  const sliders = new syncasync.Sliders(panel, JSON.parse(model.get("_controls")), (positions) => {
    sliders.wait("Python does not answer: run the cell again.");
    model.set("positions", positions); // while Python is busy, only the newest of these is kept
    model.save_changes();
  }, { now: () => view.stage.time });
  const view = syncasync.shower(sliders, stage);
  const showAnswer = () => view.show(JSON.parse(model.get("_answer")));
  const showPositions = () => { sliders.positions = model.get("positions"); };
  model.on("change:_answer", showAnswer);
  model.on("change:positions", showPositions);
  showPositions();
  showAnswer();
  return () => {
    model.off("change:_answer", showAnswer);
    model.off("change:positions", showPositions);
    view.stage?.destroy();
    sliders.destroy();
  };
}
export default { render };
