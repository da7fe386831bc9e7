import type { Command, CommandContext, RouteMap } from "@stricli/core";

/** What stands on a manual page beside the commands. */
export interface ManPageFacts {
  readonly version: string;
  /** Seconds since 1970. */
  readonly date: number;
}

interface Flag {
  readonly kind: string;
  readonly brief: string;
  readonly placeholder?: string;
  readonly values?: readonly string[];
  readonly variadic?: boolean;
}

interface Positional {
  readonly brief: string;
  readonly placeholder?: string;
  readonly optional?: boolean;
}

/** Writes the manual page of a program from the definitions of its commands, which its help comes from too. */
export function manPage<Context extends CommandContext>(
  program: string,
  routes: RouteMap<Context>,
  { version, date }: ManPageFacts,
): string {
  const day = new Date(date * 1000).toISOString().slice(0, 10);
  return [
    `.TH ${program.toUpperCase()} 1 "${day}" "${program} ${toRoff(version)}" "User Commands"`,
    ".SH NAME",
    `${program} \\- ${toRoff(routes.brief.replace(/^\w+ (?=\w+ )/, "").replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    `.B ${program}`,
    ".I COMMAND",
    "[\\fIARGUMENTS\\fR] [\\fIFLAGS\\fR]",
    ".SH DESCRIPTION",
    ...paragraphs(routes.fullDescription ?? routes.brief),
    ".SH COMMANDS",
    ...commandsOf(program, routes),
    "",
  ].join("\n");
}

function commandsOf<Context extends CommandContext>(prefix: string, routes: RouteMap<Context>): string[] {
  return routes.getAllEntries().filter(({ hidden }) => !hidden).flatMap(({ name, aliases, target }) => {
    const words = `${prefix} ${name.original}`;
    return "getAllEntries" in target ? commandsOf(words, target) : commandSection(words, aliases, target);
  });
}

function commandSection<Context extends CommandContext>(
  words: string,
  aliases: readonly string[],
  command: Command<Context>,
): string[] {
  const { flags = {}, aliases: letters = {}, positional } = command.parameters as {
    readonly flags?: Readonly<Record<string, Flag>>;
    readonly aliases?: Readonly<Record<string, string>>;
    readonly positional?:
      | { readonly kind: "tuple"; readonly parameters: readonly Positional[] }
      | { readonly kind: "array"; readonly minimum?: number; readonly parameter: Positional };
  };
  const parameters = positional === undefined
    ? []
    : positional.kind === "tuple"
    ? positional.parameters
    : [{ ...positional.parameter, optional: (positional.minimum ?? 0) === 0, isRepeated: true }];
  const names = parameters.map((parameter) => {
    const name = `\\fI${toRoff(parameter.placeholder ?? "ARGUMENT")}\\fR${"isRepeated" in parameter ? " ..." : ""}`;
    return parameter.optional === true ? `[${name}]` : name;
  });
  const description = command.fullDescription ?? capitalize(command.brief);
  return [
    `.SS "${[`${toRoff(words)}`, ...names].join(" ")}"`,
    ...paragraphs(description.endsWith(".") ? description : `${description}.`),
    ...(aliases.length === 0 ? [] : [".PP", `Also: ${aliases.map(toRoff).join(", ")}.`]),
    ...parameters.flatMap((
      { brief, placeholder },
    ) => [".TP", `\\fI${toRoff(placeholder ?? "")}\\fR`, line(`${capitalize(brief)}.`)]),
    ...Object.entries(flags).flatMap(([name, flag]) => flagEntry(name, flag, letters)),
  ];
}

function flagEntry(name: string, flag: Flag, letters: Readonly<Record<string, string>>): string[] {
  const long = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const forms = [...Object.entries(letters).filter(([, of]) => of === name).map(([letter]) => `-${letter}`), long];
  const value = flag.values?.join("|") ?? flag.placeholder;
  const shown = forms.map((form) => `\\fB${toRoff(form)}\\fR`).join(", ");
  return [
    ".TP",
    value === undefined ? shown : `${shown} \\fI${toRoff(value)}\\fR`,
    line(`${capitalize(flag.brief)}${flag.variadic === true ? "; repeatable" : ""}.`),
  ];
}

function paragraphs(text: string): string[] {
  return text.split(/\n\s*\n/).flatMap((part, index) => [
    ...(index === 0 ? [] : [".PP"]),
    ...part.split("\n").map(line),
  ]);
}

/** A line of text: one that begins with a dot or an apostrophe would be a request. */
function line(text: string): string {
  return toRoff(text.trim()).replace(/^(?=[.'])/, "\\&");
}

function toRoff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...").replaceAll('"', "\\(dq")
    .replaceAll("`", "\\(ga");
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
