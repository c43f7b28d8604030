// The picture of a run, with the sliders that change it.
import { syncasync } from "../engine/client.js";

const REST_MS = 500;
const GONE = "Python is still at work. Cancel stops it.";

export class Picture {
  /** In `section`: `how()` is what was run, `moved()` is called when the sliders have come to rest somewhere else. */
  constructor(section, { how, moved }) {
    Object.assign(this, { section, how, moved, panel: null, stage: null, wished: {} });
    this.root = section.querySelector("#play-replay");
  }

  get positions() { return this.panel?.positions ?? this.wished; }

  /** Begin anew for another scenario, with the sliders in these positions. */
  async begin(turned, positions) {
    this.panel?.destroy();
    clearTimeout(this.rest);
    const look = syncasync.oneAtATime((wanted) => this.look(panel, wanted));
    const moved = (wanted) => {
      look(wanted);
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.moved(), REST_MS);
    };
    const options = { now: () => this.stage?.time ?? 0 };
    const panel = this.panel = new syncasync.Sliders(this.section.querySelector("#play-sliders"), turned, moved, options);
    this.section.hidden = false;
    if (Object.keys(positions).length) panel.positions = positions;
    await this.look(panel, positions, true);
  }

  async look(panel, positions, isFirst = false) {
    panel.wait(GONE);
    const { source, seed, name } = this.how();
    let answer;
    try {
      answer = await syncasync.look(source, positions, { seed, name });
    } catch (error) {
      answer = { problem: error.code === 130 ? "Cancelled." : error.message };
    }
    if (panel !== this.panel) return;
    panel.show(answer);
    if (answer.problem && isFirst) { // the picture that is there is of another scenario
      this.stage?.destroy();
      this.stage = null;
      this.root.replaceChildren();
      panel.problem.textContent = answer.problem;
    }
    if (!answer.document) return;
    if (this.stage) this.stage.update(answer.document);
    else this.stage = syncasync.mount(this.root, answer.document);
  }
}
