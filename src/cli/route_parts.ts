import type { CommandFunction } from "@stricli/core";
import type { Cli } from "./cli.ts";
import { reportError } from "./report_error.ts";

/** A command's code: gets the parsed flags and arguments, gives the exit code. */
export type Run<Flags, Args extends readonly (string | undefined)[]> = (
  cli: Cli,
  flags: Flags,
  ...args: Args
) => Promise<number>;

/** A flag that takes a value, as it was written. */
export interface ValueFlag {
  readonly kind: "parsed";
  readonly parse: (value: string) => string;
  readonly optional: true;
  readonly brief: string;
  readonly placeholder: string;
}

/** A flag that takes a value and may be given again. */
export interface ListFlag extends ValueFlag {
  readonly variadic: true;
}

/** A flag that takes one of some words. */
export interface ChoiceFlag<Word extends string> {
  readonly kind: "enum";
  readonly values: readonly Word[];
  readonly optional: true;
  readonly brief: string;
}

/** A flag that stands alone. */
export interface ToggleFlag {
  readonly kind: "boolean";
  readonly optional: true;
  readonly brief: string;
  readonly withNegated: false;
}

/** Arguments are kept as they are. */
export function asText(value: string): string {
  return value;
}

/** Makes a flag that takes a value. */
export function flag(brief: string, placeholder: string): ValueFlag {
  return { kind: "parsed", parse: asText, optional: true, brief, placeholder };
}

/** Makes a flag that takes a value and may be given again. */
export function list(brief: string, placeholder: string): ListFlag {
  return { ...flag(brief, placeholder), variadic: true };
}

/** Makes a flag that takes one of some words. */
export function choice<Word extends string>(brief: string, values: readonly Word[]): ChoiceFlag<Word> {
  return { kind: "enum", values, optional: true, brief };
}

/** Makes a flag that stands alone. */
export function toggle(brief: string): ToggleFlag {
  return { kind: "boolean", optional: true, brief, withNegated: false };
}

/** `-o json`. */
export const output: ChoiceFlag<"json"> = choice("answer with one JSON object", ["json"]);

/** Where runs are kept, and what settings are read. */
export const storeFlags: Readonly<Record<"store" | "encryptKeyFile" | "config", ValueFlag>> = {
  store: flag("where runs are kept: sqlite:PATH or memory:", "URL"),
  encryptKeyFile: flag("the key that inputs, outputs and journals in the store are encrypted with", "FILE"),
  config: flag("the config file", "FILE"),
};

/** How what happens is shown. */
export const logFlags: {
  readonly logFormat: ChoiceFlag<"json" | "text">;
  readonly logLevel: ChoiceFlag<"debug" | "info" | "warn" | "error">;
} = {
  logFormat: choice("log lines instead of progress", ["json", "text"]),
  logLevel: choice("least level of log lines; debug shows inputs and outputs", ["debug", "info", "warn", "error"]),
};

/** Runs a command whose code is loaded only now; errors are told here, so that none reaches the parser. */
export function lazily<Flags extends Readonly<Record<string, unknown>>, Args extends readonly (string | undefined)[]>(
  load: () => Promise<Run<Flags, Args>>,
): CommandFunction<Flags, Args, Cli> {
  return async function (flags, ...args) {
    try {
      this.exitCode = await (await load())(this, flags, ...args);
    } catch (error) {
      this.exitCode = reportError(this, error);
    }
  };
}
