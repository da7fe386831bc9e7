/** Suggests the right form for notations of other languages; `undefined` where nothing is recognised. */
export function syntaxHint(expression: string, at: number): string | undefined {
  const rest = expression.slice(at);
  const before = expression.slice(0, at).trimEnd();
  if (rest.startsWith("{{") || rest.startsWith("}}")) return "templates do not nest: leave the inner braces out";
  if (/^===?/.test(rest) && before.endsWith("=")) return 'write "==" to compare';
  if (/^=/.test(rest)) return /[=!]$/.test(before) ? 'write "==" or "!="' : 'write "==" to compare';
  if (/^and\b/.test(rest)) return 'write "&&"';
  if (/^or\b/.test(rest)) return 'write "||"';
  if (/^is\b/.test(rest)) return 'write "=="';
  if (/^\?/.test(rest) && before.endsWith("?")) return "write default(x, y) for a value that may be missing";
  if (/^\./.test(rest) && before.endsWith("?")) return 'write ".?" for a member that may be missing';
  if (/^\.?\d/.test(rest) && /\.$/.test(before + rest[0])) return "write list[0] for a place in a list";
  if (/^&/.test(rest)) return 'write "&&"';
  if (/^\$/.test(rest)) return "names have no dollar sign";
  if (/^`/.test(rest)) return "quote text with ' or \"";
  if (/^[^\x00-\x7f]/.test(rest)) return 'write x["…"] for a key that is no plain name';
  if (/^\.(?:\s|$)/.test(rest)) return "name what to read, such as .input";
  if (/^["']/.test(rest)) return "join texts with +, and close each quote";
  return undefined;
}
