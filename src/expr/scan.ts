/** A part of a text with templates: literal text, or the inside of one `{{ … }}`. */
export type TextPart =
  | { readonly kind: "text"; readonly text: string }
  | {
    readonly kind: "template";
    /** What stands between the braces, and where it begins. */
    readonly expression: string;
    readonly offset: number;
  }
  | {
    readonly kind: "unclosed";
    /** Where the `{{` stands. */
    readonly start: number;
    /** Where the quote or bracket stands that is still open at the end, if any. */
    readonly open: number | undefined;
  };

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Cuts a text at its templates. A template ends at the first `}}` outside quotes and brackets. */
export function scanParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let literalStart = 0;
  for (let open = text.indexOf("{{"); open >= 0; open = text.indexOf("{{", literalStart)) {
    if (open > literalStart) parts.push({ kind: "text", text: text.slice(literalStart, open) });
    const end = findEnd(text, open + 2);
    if (typeof end === "object") {
      parts.push({ kind: "unclosed", start: open, open: end.open });
      return parts;
    }
    parts.push({ kind: "template", expression: text.slice(open + 2, end), offset: open + 2 });
    literalStart = end + 2;
  }
  if (literalStart < text.length) parts.push({ kind: "text", text: text.slice(literalStart) });
  return parts;
}

/** The end of a quoted text that begins at `start`, behind its closing quote; `undefined` where that is missing. */
export function skipQuoted(text: string, start: number): number | undefined {
  const quote = text[start]!;
  const closer = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let at = start + closer.length; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text.startsWith(closer, at)) return at + closer.length;
  }
  return undefined;
}

function findEnd(text: string, start: number): number | { readonly open: number | undefined } {
  const brackets: number[] = [];
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"' || char === "'") {
      const end = skipQuoted(text, at);
      if (end === undefined) return { open: at };
      at = end - 1;
    } else if (char === "/" && text[at + 1] === "/") {
      at = skipComment(text, at) - 1;
    } else if (char === "}" && text[at + 1] === "}" && brackets.length === 0) {
      return at;
    } else if (char in CLOSERS) {
      brackets.push(at);
    } else if (brackets.length > 0 && ")]}".includes(char) && char === CLOSERS[text[brackets.at(-1)!]!]) {
      brackets.pop();
    }
  }
  return { open: brackets.at(-1) };
}

/** Behind a comment: at the end of its line, or at the braces that end the template. */
function skipComment(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== "\n" && !text.startsWith("}}", at)) at++;
  return at;
}
