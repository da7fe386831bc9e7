import type { CommandContext } from "@stricli/core";
import { Redactor } from "../base/redact.ts";
import type { Host } from "../runtime/runtime.ts";
import { createStyle, type Style } from "./style.ts";

/** What every command works with. */
export interface Cli extends CommandContext {
  readonly host: Host;
  /** Colours for standard error. */
  readonly style: Style;
  /** What the process answers once the command is done. */
  exitCode: number;
  /** Knows the secrets of this process's runs. */
  readonly redactor: Redactor;
  /** Restores the terminal; set while something is drawn on it. */
  cleanUp: (() => void) | undefined;
}

/** The command line's state for one process. */
export function createCli(host: Host): Cli {
  const canColor = wantsColor(host);
  return {
    host,
    style: createStyle(canColor && host.stderr.isTerminal),
    exitCode: 0,
    redactor: new Redactor(),
    cleanUp: undefined,
    process: {
      stdout: {
        write: (text) => host.stdout.write(text),
        getColorDepth: () => depth(canColor && host.stdout.isTerminal),
      },
      stderr: { write: (text) => host.stderr.write(text), getColorDepth: () => 1 },
    },
  };
}

/** Whether the surroundings allow colours on a terminal. */
export function wantsColor(host: Host): boolean {
  return !envIfAllowed(host, "NO_COLOR") && envIfAllowed(host, "TERM") !== "dumb";
}

/** Writes a line to standard error. */
export function say(cli: Cli, line: string): void {
  cli.host.stderr.write(`${line}\n`);
}

/** Whether the user asked for everything there is to know. */
export function isDebug(cli: Cli): boolean {
  const { args } = cli.host;
  const index = args.indexOf("--log-level");
  if (args.includes("--log-level=debug") || args[index + 1] === "debug" && index >= 0) return true;
  return index < 0 && envIfAllowed(cli.host, "MAESTRO_LOG_LEVEL") === "debug";
}

/** Deno may not be allowed to tell. What says so to the user reads the environment itself, and must not fail over it. */
function envIfAllowed(host: Host, name: string): string | undefined {
  try {
    return host.env(name);
  } catch {
    return undefined;
  }
}

function depth(isColored: boolean): number {
  return isColored ? 8 : 1;
}
