// The buttons, the speed, whom to follow, and the keys. They only call the player.
(function (syncasync) {
  "use strict";

  const { make, icon, say, seconds } = syncasync;
  const ICONS = {
    start: "M2 2h2.5v12H2zM14 2v12L5 8z",
    back: "M4 2h2.5v12H4zM14 2v12L7.5 8z",
    play: "M3 1.5v13L14 8z",
    pause: "M3 2h3.5v12H3zM9.5 2H13v12H9.5z",
    forward: "M12 2H9.5v12H12zM2 2v12L8.5 8z",
    big: "M1 2h14v9H9v2h3v1.5H4V13h3v-2H1zM3 4v5h10V4z",
    end: "M14 2h-2.5v12H14zM2 2v12L11 8z",
  };

  class Controls {
    constructor(player, customers) {
      this.player = player;
      this.play = make("button", "sa-button sa-play", [icon(ICONS.play), make("span", "", "Play")], { type: "button" });
      this.play.addEventListener("click", () => player.toggle());
      this.time = make("span", "sa-time", [], { role: "timer" });
      this.speed = make("select", "", player.doc.speeds.map((s) => make("option", "", `${s}x`, { value: s })), { "aria-label": "Speed" });
      this.speed.addEventListener("change", () => player.setSpeed(Number(this.speed.value)));
      this.customer = make("input", "", [], { type: "number", min: 1, max: customers, "aria-label": "Follow customer number" });
      this.customer.addEventListener("input", () => {
        const { valueAsNumber: number, validity } = this.customer;
        player.follow(validity.valid && number ? number - 1 : null);
      });
      this.customer.addEventListener("keydown", (event) => { if (event.key === "Enter") player.root.focus({ preventScroll: true }); });
      this.nobody = make("span", "sa-nobody", [], { role: "status" });
      this.big = this.button("big", "For a projector: large letters", () => player.project(!player.projector));
      this.guided = make("button", "sa-button", "Guided", { type: "button", title: "Stop at the first event of each kind, and say what it is (g)" });
      this.guided.addEventListener("click", () => player.guide(!player.guided));
      this.element = make("div", "sa-controls", [
        make("div", "sa-buttons", [
          this.button("start", "To the start (Home)", () => player.seek(0)),
          this.button("back", "Event before (left)", () => player.step(-1)),
          this.play,
          this.button("forward", "Next event (right)", () => player.step(1)),
          this.button("end", "To the end (End)", () => player.seek(player.end)),
        ]),
        this.guided,
        make("label", "sa-field", ["Speed ", this.speed]),
        this.time,
        make("label", "sa-field sa-follow", ["Follow customer ", this.customer, this.nobody]),
        this.big,
      ]);
    }

    button(name, label, act) {
      const button = make("button", "sa-button", icon(ICONS[name]), { type: "button", "aria-label": label, title: label });
      button.addEventListener("click", act);
      return button;
    }

    draw() {
      const { playing, t, end, speed, followed } = this.player;
      if (this.playing !== playing) {
        this.playing = playing;
        this.play.firstChild.firstChild.setAttribute("d", playing ? ICONS.pause : ICONS.play);
        say(this.play.lastChild, playing ? "Pause" : "Play");
      }
      if (Number(this.speed.value) !== speed) this.speed.value = speed;
      const number = followed === null ? "" : String(followed + 1);
      if (this.customer.value !== number && this.customer.validity.valid) this.customer.value = number;
      say(this.nobody, this.customer.validity.valid ? "" : `there are customers 1 to ${this.customer.max}`);
      this.big.setAttribute("aria-pressed", String(this.player.projector));
      this.guided.setAttribute("aria-pressed", String(this.player.guided));
      say(this.time, `${seconds(t)} / ${seconds(end)}`);
    }
  }

  const KEYS = {
    " ": (player) => player.toggle(),
    Escape: (player) => player.follow(null),
    g: (player) => player.guide(!player.guided),
    ArrowRight: (player, shift) => (shift ? player.seek(player.t + 1e6) : player.step(1)),
    ArrowLeft: (player, shift) => (shift ? player.seek(player.t - 1e6) : player.step(-1)),
    Home: (player) => player.seek(0),
    End: (player) => player.seek(player.end),
    "+": (player) => player.faster(1),
    "=": (player) => player.faster(1),
    "-": (player) => player.faster(-1),
  };

  /** Whether a key means something to the element that has the focus, and must stay there. */
  function taken(player, event) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey) return true;
    if (event.key === "Escape") return false;
    if (event.key === " ") return target.tagName === "SELECT" || (target.tagName === "BUTTON" && player.gate?.hears(target));
    if (target.tagName === "SELECT" || target.type === "number" || target.type === "radio") return true;
    if (target.type !== "range") return false;
    return !player.root.contains(target) || !(event.key.startsWith("Arrow") && !event.shiftKey) && event.key === "Home";
  }

  function onKey(player, event) {
    const act = KEYS[event.key];
    if (player.gate?.hears(event.composedPath()[0]) && !event.ctrlKey && !event.metaKey && !event.altKey && player.gate.letter(event.key)) return;
    if (!act || taken(player, event)) return;
    event.preventDefault();
    event.stopPropagation();
    act(player, event.shiftKey);
  }

  Object.assign(syncasync, { Controls, onKey });
})((globalThis.syncasync ??= {}));
