/** Escape sequences and control characters, which a service's text must not bring onto a terminal. */
// deno-lint-ignore no-control-regex
const CONTROL = /\u001b\[[0-?]*[ -/]*[@-~]|[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** The text on one line, with nothing in it that could move a cursor or change a colour. */
export function printable(text: string): string {
  return text.replace(CONTROL, (found) => found.startsWith("\u001b") ? "" : " ");
}

/** Ranges that terminals show two columns wide: Hangul, CJK, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

const NARROW_ONLY = /^[\u0020-\u10ff\u1160-\u2e7f]*$/;

/** How many columns a printable text takes on a terminal. */
export function textWidth(text: string): number {
  if (NARROW_ONLY.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** The text cut to a number of columns; what is cut shows as `…`. */
export function fitWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns <= 0) return "";
  let width = 0;
  let kept = "";
  for (const character of text) {
    width += WIDE.test(character) ? 2 : 1;
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
