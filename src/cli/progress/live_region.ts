import type { OutputStream } from "../../runtime/runtime.ts";
import { textWidth } from "../printable.ts";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
/** Terminals that know it show what stands between at once; the others ignore it. */
const BEGIN_FRAME = "\x1b[?2026h";
const END_FRAME = "\x1b[?2026l";
// deno-lint-ignore no-control-regex
const STYLE_CODE = /\x1b\[[\d;]*m/g;

/** The lines at the bottom of a terminal that are drawn again and again. The cursor waits, hidden, on the line below them. */
export class LiveRegion {
  readonly #stream: OutputStream;
  #lines: readonly string[] = [];
  #isOpen = false;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Puts these lines in place of the ones before; does nothing where they are the same. */
  draw(lines: readonly string[]): void {
    if (this.#isOpen && lines.length === this.#lines.length && lines.every((line, at) => line === this.#lines[at])) {
      return;
    }
    this.#stream.write(`${BEGIN_FRAME}${this.#isOpen ? "" : HIDE_CURSOR}${this.#rewind()}${body(lines)}${END_FRAME}`);
    this.#isOpen = true;
    this.#lines = lines;
  }

  /** Writes a line that stays, above the region. */
  print(line: string): void {
    if (!this.#isOpen) return this.#stream.write(`${line}\n`);
    this.#stream.write(`${BEGIN_FRAME}${this.#rewind()}${line}${CLEAR_LINE}\n${body(this.#lines)}${END_FRAME}`);
  }

  /** Leaves what is drawn where it is and shows the cursor again. */
  close(): void {
    if (this.#isOpen) this.#stream.write(SHOW_CURSOR);
    this.#isOpen = false;
    this.#lines = [];
  }

  /** Back to the region's first column and line, however the terminal has wrapped the lines since. */
  #rewind(): string {
    const { columns } = this.#stream.size();
    let rows = 0;
    for (const line of this.#lines) rows += Math.max(1, Math.ceil(textWidth(line.replace(STYLE_CODE, "")) / columns));
    return rows === 0 ? "\r" : `\r\x1b[${rows}A`;
  }
}

function body(lines: readonly string[]): string {
  return lines.map((line) => `${line}${CLEAR_LINE}\n`).join("") + CLEAR_BELOW;
}
