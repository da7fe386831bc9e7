import { MaestroError } from "../base/errors.ts";
import type { Cli } from "./cli.ts";
import { fileError } from "./report_error.ts";

/**
 * Reads a file of `KEY=value` lines, as `--env-file` and `--secrets-file` take it.
 *
 * @throws MaestroError `file_not_readable`, or `invalid_input` naming the line but never its value.
 */
export async function readKeyValueFile(cli: Cli, flag: string, path: string): Promise<ReadonlyMap<string, string>> {
  const text = await cli.host.files.readText(path).catch((error) => {
    throw fileError(`the ${flag}`, path, error);
  });
  return parseKeyValues(text, path);
}

/**
 * Parses `KEY=value` lines. Empty lines and lines that begin with `#` are skipped; `export ` before the key is allowed.
 *
 * Values in double quotes may span lines and know `\n \r \t \" \\`; those in single quotes are literal; bare values end at ` #` and
 * lose the white space around them. The last of equal keys counts.
 */
export function parseKeyValues(text: string, file: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  let line = 1;
  for (let offset = 0; offset < source.length;) {
    const end = entryEnd(source, offset);
    const entry = source.slice(offset, end);
    const trimmed = entry.trim();
    if (trimmed !== "" && !trimmed.startsWith("#")) {
      const [key, value] = parseEntry(trimmed, `${file}:${line}`);
      values.set(key, value);
    }
    line += entry.split("\n").length;
    offset = end + 1;
  }
  return values;
}

const KEY = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*/;
const QUOTED = /^(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)')\s*(?:#.*)?$/;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The end of the entry that begins at an offset: the line's, or that of the line on which its quote closes. */
function entryEnd(source: string, offset: number): number {
  const opening = /[^\S\n]*(?:export[^\S\n]+)?[A-Za-z_]\w*[^\S\n]*=[^\S\n]*(?:"(?:[^"\\]|\\[\s\S])*"|'[^']*')/y;
  opening.lastIndex = offset;
  const from = opening.test(source) ? opening.lastIndex : offset;
  const end = source.indexOf("\n", from);
  return end === -1 ? source.length : end;
}

function parseEntry(entry: string, place: string): [key: string, value: string] {
  const match = KEY.exec(entry);
  if (match === null) {
    throw new MaestroError("invalid_input", `${place}: expected KEY=value`, {
      hint: "a key has letters, digits and _, and does not begin with a digit",
    });
  }
  const rest = entry.slice(match[0].length);
  const quoted = QUOTED.exec(rest);
  if (quoted !== null) {
    const [, double, single] = quoted;
    const value = single ??
      double!.replace(
        /\\([\s\S])/g,
        (whole, letter: string) => ESCAPES[letter] ?? (/["\\]/.test(letter) ? letter : whole),
      );
    return [match[1]!, value];
  }
  if (/^["']/.test(rest)) throw new MaestroError("invalid_input", `${place}: the quote of ${match[1]} is not closed`);
  return [match[1]!, rest.replace(/\s+#.*$/, "").trim()];
}
