import type { Redactor } from "../../base/redact.ts";
import type { Cli } from "../cli.ts";
import { printable } from "../printable.ts";
import type { RunListener } from "../run_events.ts";
import { LiveRegion } from "./live_region.ts";
import { RunTree } from "./run_tree.ts";
import { drawTree } from "./tree_view.ts";

/** At most this often: 12 pictures a second. */
const FRAME_MS = 80;

/** Lines of the last picture, which stays; the terminal's height no longer limits it. */
const LAST_ROWS = 200;

/** What a process that SIGHUP ends answers. */
const HUNG_UP = 129;

/** A live tree on a terminal. */
export class TreeProgress {
  readonly #cli: Cli;
  readonly #redactor: Redactor;
  readonly #region: LiveRegion;
  readonly #tree = new RunTree();
  #timer: ReturnType<typeof setInterval> | undefined;
  #ignoreHangUp: (() => void) | undefined;

  constructor(cli: Cli, redactor: Redactor) {
    this.#cli = cli;
    this.#redactor = redactor;
    this.#region = new LiveRegion(cli.host.stderr);
  }

  /** Hears the run. The first event starts the drawing. */
  readonly onEvent: RunListener = (event) => {
    const logged = this.#tree.apply(event);
    if (logged !== undefined && event.isPast !== true) this.#region.print(this.#redactor.text(printable(logged)));
    if (this.#timer !== undefined) return;
    this.#cli.cleanUp = () => this.stop();
    // Only here, where a cursor is hidden: `nohup` wants this signal ignored, and whoever uses it has no live tree.
    this.#ignoreHangUp = this.#cli.host.onSignal("SIGHUP", () => {
      this.stop();
      this.#cli.host.exit(HUNG_UP);
    });
    this.#timer = setInterval(() => this.#draw(this.#cli.host.stderr.size().rows - 1), FRAME_MS);
  };

  /** Writes a line above the tree. */
  note(text: string): void {
    this.#region.print(this.#cli.style.yellow(this.#redactor.text(printable(text))));
  }

  /** Draws the last picture and gives the terminal back. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#cli.cleanUp = undefined;
    this.#ignoreHangUp?.();
    this.#draw(LAST_ROWS);
    this.#region.close();
  }

  #draw(rows: number): void {
    const { columns } = this.#cli.host.stderr.size();
    const lines = drawTree(this.#tree, { style: this.#cli.style, columns, rows, now: Date.now() });
    this.#region.draw(lines.map((line) => this.#redactor.text(line)));
  }
}
