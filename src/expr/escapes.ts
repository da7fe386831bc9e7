import { SyntaxFault } from "./syntax_fault.ts";

/** A whole escape sequence, or else the backslash and the character behind it. */
const ESCAPE =
  /\\(?:(?<unicode>u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|[xX](?<hex>[0-9a-fA-F]{2})|(?<octal>[0-7]{3})|(?<char>[\s\S]))/gu;

const CHARACTERS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};

/** How many digits an escape sequence has that begins like this. */
const DIGITS: Readonly<Record<string, number>> = { u: 4, U: 8, x: 2, X: 2 };

/**
 * Replaces the escape sequences of a quoted text that begins at `offset` of its expression.
 *
 * @throws SyntaxFault
 */
export function replaceEscapes(raw: string, offset: number, isBytes: boolean): string {
  if (!raw.includes("\\")) return raw;
  let text = "";
  let copied = 0;
  for (const match of raw.matchAll(ESCAPE)) {
    const value = isBytes && /^\\u/i.test(match[0]) ? undefined : decode(match.groups!);
    if (value === undefined) {
      const start = offset + match.index;
      throw new SyntaxFault("expression_syntax", refusal(match, isBytes), start, start + match[0].length);
    }
    text += raw.slice(copied, match.index) + value;
    copied = match.index + match[0].length;
  }
  return text + raw.slice(copied);
}

function decode({ unicode, hex, octal, char }: Partial<Record<string, string>>): string | undefined {
  if (char !== undefined) return CHARACTERS[char];
  if (unicode === undefined) return fromCode(Number.parseInt((hex ?? octal)!, hex === undefined ? 8 : 16), 0xff);
  const code = Number.parseInt(unicode.slice(1), 16);
  return code >= 0xd800 && code <= 0xdfff ? undefined : fromCode(code, 0x10ffff);
}

function fromCode(code: number, most: number): string | undefined {
  return code > most ? undefined : String.fromCodePoint(code);
}

/** Why a sequence stands for no character. */
function refusal({ 0: whole, groups }: RegExpExecArray, isBytes: boolean): string {
  const { char = "" } = groups!;
  if (isBytes && /^\\u/i.test(whole)) return `${whole.slice(0, 2)} cannot stand in bytes`;
  if (char in DIGITS) return `${whole} needs ${DIGITS[char]} hexadecimal digits`;
  return /[0-7]/.test(char) ? `${whole} needs three octal digits` : `${whole} stands for no character`;
}
