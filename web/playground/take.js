// What can be taken along: the scenario as YAML, the replay as a page, and the command line.
import { syncasync } from "../engine/client.js";
import { make } from "./result.js";

/** Give the reader a file. */
function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", [], { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new Error(`The browser does not let this page copy. Copy it yourself: ${text}`);
  }
}

/** The address that shows the same run on another computer. */
async function address(link) {
  const { hash, problem } = await link();
  if (problem) throw new Error(problem);
  return Object.assign(syncasync.ownAddress(), { hash });
}

/** The element with which another page shows it. */
function frame(there, word) {
  there.searchParams.set("embed", "");
  const src = there.href.replace("embed=", "embed");
  const element = make("iframe", [], { src, title: `syncasync-sim: ${word}`, width: "100%", height: "760", loading: "lazy", allow: "fullscreen" });
  element.style.border = "0";
  return element.outerHTML;
}

export class Take {
  /** In `root`: `how()` is what was run, `busy(work)` tells that Python is at work, `write(text)` puts a text into the editor, `link()` gives the address. */
  constructor(root, { how, busy, write, link }) {
    Object.assign(this, { root, how });
    const button = (id, label, work) => {
      const made = make("button", label, { type: "button", id: `play-${id}` });
      made.addEventListener("click", () => busy(work));
      return made;
    };
    this.command = make("code", [], { id: "play-command", tabindex: "0" });
    this.into = button("into", "Put the sliders' changes into the text", async () => write((await this.changes()).text));
    root.replaceChildren(
      make("h3", "Take along"),
      make("div", [
        button("yaml", "Scenario (YAML)", () => this.yaml()), button("page", "Replay page (HTML)", () => this.page()),
        button("copy", "Copy the command", () => copy(this.command.textContent)), button("share", "Copy a link", async () => copy(await address(link))),
        button("frame", "Copy as a frame (HTML)", async () => copy(frame(await address(link), this.how().word))), this.into,
      ], { class: "play-row" }),
      make("p", ["The same run on the command line: ", this.command]),
    );
  }

  get stem() { return this.how().word.replace(/\.(ya?ml|json|txt)$/i, ""); }

  changes() {
    const { source, positions, seed, name } = this.how();
    return syncasync.changes(source, positions, { seed, name });
  }

  /** What was run is another now. */
  async begin() {
    const of = this.how(), { command } = await this.changes();
    if (of !== this.how()) return;
    this.command.textContent = command;
    this.into.disabled = Object.keys(of.positions).length === 0;
    this.root.hidden = false;
  }

  async yaml() { download(`${this.stem}.yaml`, (await this.changes()).text, "application/yaml"); }

  /** The page that `export` writes. */
  async page() {
    const { text, name, word, seed } = this.how(), { sets } = await this.changes(), target = `${this.stem}-replay.html`;
    const options = [...(seed === undefined ? [] : ["--seed", String(seed)]), ...sets.flatMap((set) => ["--set", set])];
    const words = ["export", word, "-o", target, "--force", ...options];
    const { code, err } = await syncasync.tell(words, { files: name ? { [name]: text } : {} });
    if (code) throw Object.assign(new Error(err.trim()), { code });
    download(target, await syncasync.read(target), "text/html");
  }
}
