import {
  type ApplicationText,
  ArgumentScannerError,
  buildApplication,
  formatMessageForArgumentScannerError,
  run,
  text_en,
} from "@stricli/core";
import { toError } from "../base/errors.ts";
import { closest, didYouMean } from "../base/text.ts";
import type { Cli } from "./cli.ts";
import { complete } from "./complete.ts";
import { COMMAND_NAMES, FLAGS_WITHOUT_VALUE, routes } from "./routes.ts";
import { ACTION_NAMES } from "./run_routes.ts";

/** Commands that the documents speak of and this release does not have. */
const LATER = ["serve"];

/** Exit code of wrong usage. */
const USAGE = 2;

/** Parses the arguments, runs the command that they name and gives its exit code. Errors are told, never thrown. */
export async function runCommandLine(cli: Cli, args: readonly string[]): Promise<number> {
  const words = rewrite(args);
  const names = words[0] === "runs" ? ACTION_NAMES : COMMAND_NAMES;
  const text: ApplicationText = {
    ...TEXT,
    noCommandRegisteredForInput: ({ input }) => usageError(unknownCommand(input, names)),
  };
  const application = buildApplication(routes, {
    name: "maestro",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { onlyRequiredInUsageLine: true },
    localization: { text },
  });
  if (args[0] === "__complete") return await complete(cli, application, args.slice(1));
  const process = { ...cli.process, exitCode: null as number | string | null };
  await run(application, words, { ...cli, process, forCommand: () => cli } as never);
  return process.exitCode === 0 ? cli.exitCode : USAGE;
}

/**
 * `maestro help x` is `maestro x --help`, `maestro --version` is `maestro version`, and flags in front of a command are taken for the
 * command's own.
 */
function rewrite(args: readonly string[]): readonly string[] {
  if (args[0] === "help") return [...args.slice(1), "--help"];
  if (args[0] === "--version" || args[0] === "-V") return ["version", ...args.slice(1)];
  const [command, flags, rest] = takeCommand(args);
  if (command === undefined) return args;
  if (command !== "runs") return [command, ...flags, ...rest];
  const [action, more, others] = takeCommand(rest);
  return action === undefined ? [command, ...flags, ...rest] : [command, action, ...flags, ...more, ...others];
}

/** Splits words at the first that is neither a flag nor the value of one: that word, the flags before it, what follows. */
function takeCommand(words: readonly string[]): [string | undefined, readonly string[], readonly string[]] {
  let place = 0;
  while (words[place]?.startsWith("-") && words[place] !== "--") {
    const flag = words[place]!;
    place += FLAGS_WITHOUT_VALUE.has(flag) || flag.includes("=") ? 1 : 2;
  }
  const isThere = place < words.length && words[place] !== "--";
  return isThere ? [words[place], words.slice(0, place), words.slice(place + 1)] : [undefined, [], []];
}

const TEXT: ApplicationText = {
  ...text_en,
  formatException: (error) => toError(error).message,
  exceptionWhileParsingArguments: (error) =>
    usageError(
      error instanceof ArgumentScannerError
        ? formatMessageForArgumentScannerError(error, SCANNER_MESSAGES)
        : String(error),
    ),
};

const SCANNER_MESSAGES: Parameters<typeof formatMessageForArgumentScannerError>[1] = {
  FlagNotFoundError: ({ input, corrections }) => `Unknown flag "--${input}"${flagHint(closest(input, corrections))}`,
  AliasNotFoundError: ({ input }) => `Unknown flag "-${input}"`,
  ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, exception }) =>
    `${name === name.toUpperCase() ? name : `--${name}`}: ${
      exception instanceof Error ? exception.message : exception
    }`,
  EnumValidationError: ({ externalFlagName, input, values }) =>
    `--${externalFlagName} must be one of ${values.join(", ")}, but is "${input}"${hint(input, values)}`,
  UnsatisfiedFlagError: ({ externalFlagName, nextFlagName }) =>
    `--${externalFlagName} needs a value${nextFlagName === undefined ? "" : `, but "--${nextFlagName}" follows`}`,
  UnexpectedFlagError: ({ externalFlagName, previousInput, input }) =>
    `--${externalFlagName} is given twice: "${previousInput}" and "${input}"`,
  UnexpectedPositionalError: ({ input, expectedCount }) =>
    `Unexpected argument "${input}": ${expectedCount === 0 ? "none is expected" : `only ${expectedCount} expected`}`,
  UnsatisfiedPositionalError: ({ placeholder }) => `${placeholder} is missing`,
  InvalidNegatedFlagSyntaxError: ({ externalFlagName }) => `--${externalFlagName} takes no value`,
};

function usageError(message: string): string {
  return `error[usage] ${message}\n  hint: \`maestro help\` lists the commands, \`maestro help COMMAND\` their flags`;
}

function unknownCommand(input: string, names: readonly string[]): string {
  if (LATER.includes(input)) {
    return `"${input}" comes with a later release of Maestro; this one has ${COMMAND_NAMES.join(", ")}`;
  }
  return `Unknown command "${input}"${hint(input, names)}`;
}

function flagHint(name: string | undefined): string {
  return name === undefined ? "" : `; did you mean "--${name}"?`;
}

function hint(input: string, candidates: readonly string[]): string {
  const match = didYouMean(input, candidates);
  return match === undefined ? "" : `; ${match}`;
}
