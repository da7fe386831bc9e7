/** A notation of another language: what stands at the error, what stands before it, and the right form. */
interface Notation {
  readonly here: RegExp;
  readonly before?: RegExp;
  readonly hint: string;
}

/** The first that fits is taken. */
const NOTATIONS: readonly Notation[] = [
  { here: /^(?:\{\{|\}\})/, hint: "templates do not nest: leave the inner braces out" },
  { here: /^=/, before: /!=$/, hint: 'write "!=" to compare' },
  { here: /^=/, hint: 'write "==" to compare' },
  { here: /^and\b/, hint: 'write "&&"' },
  { here: /^or\b/, hint: 'write "||"' },
  { here: /^is\b/, hint: 'write "=="' },
  { here: /^not\b/, hint: 'write "!"' },
  { here: /^\?/, before: /\?$/, hint: "write default(x, y) for a value that may be missing" },
  { here: /^\./, before: /\?$/, hint: 'write ".?" for a member that may be missing' },
  { here: /^\d/, before: /\.$/, hint: "write list[0] for a place in a list" },
  { here: /^\.\d/, hint: "write list[0] for a place in a list, and 0.5 for a number" },
  { here: /^&/, hint: 'write "&&"' },
  { here: /^\|/, hint: 'write "||"' },
  { here: /^\$/, hint: "names have no dollar sign" },
  { here: /^`/, hint: "quote text with ' or \"" },
  { here: /^\.?[^\x00-\x7f]/, hint: 'write x["…"] for a key that is no plain name' },
  { here: /^["'([{]/, before: /\.$/, hint: 'write x["…"] for a key that is no plain name' },
  { here: /^\.(?:\s|$)/, hint: "name what to read, such as .input" },
  { here: /^["']/, before: /[\w)\]"']$/, hint: "join texts with +, and close each quote" },
];

/** Suggests the right form for notations of other languages; `undefined` where nothing is recognised. */
export function syntaxHint(expression: string, at: number): string | undefined {
  const rest = expression.slice(at, at + 10);
  const before = expression.slice(Math.max(0, at - 10), at).trimEnd();
  return NOTATIONS.find((one) => one.here.test(rest) && (one.before === undefined || one.before.test(before)))?.hint;
}
