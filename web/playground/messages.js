// The program's messages about a text: `file:line:column: ...`, a line with carets, and the cure, several times.

/** The places that a message names, for a text with this name: `line` and `column` from 1, `width`, and the `message`. */
export function problemsOf(message, name) {
  const found = [];
  for (const line of message.split("\n")) {
    const head = line.startsWith(`${name}:`) ? /^:(\d+):(\d+): (.*)$/.exec(line.slice(name.length)) : null;
    if (head) found.push({ line: Number(head[1]), column: Number(head[2]), width: 1, message: head[3] });
    const last = found.at(-1);
    if (head || !last) continue;
    const under = /^\s+([|=]) (.*)$/.exec(line);
    if (under?.[1] === "=") last.message += `\n${under[2]}`;
    else if (under && /^\s*\^+$/.test(under[2])) last.width = under[2].trim().length;
  }
  return found;
}
