import { skipQuoted } from "./scan.ts";

/** A Go-template form found in an expression. */
export interface GoForm {
  readonly message: string;
  /** Shows the right form. */
  readonly hint: string;
}

const OPERATORS: Readonly<Record<string, string>> = {
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  and: "&&",
  or: "||",
};

/** How functions of Go templates (and Sprig) are written here; `$` stands for the value. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  not: "!$",
  len: "size($)",
  json: "json($)",
  toJson: "json($)",
  fromJson: "parse_json($)",
  upper: "$.upperAscii()",
  lower: "$.lowerAscii()",
  trim: "$.trim()",
  quote: "json($)",
  b64enc: "base64($)",
  toString: "string($)",
  int: "int($)",
  round: "round($)",
};

const OTHER_FUNCTIONS: readonly string[] = [
  "default",
  "index",
  "print",
  "printf",
  "println",
  "call",
  "urlquery",
  "html",
];

const BLOCKS: Readonly<Record<string, string>> = {
  if: 'write {{ test ? "one" : "other" }}, or put `when` on the step',
  else: 'write {{ test ? "one" : "other" }}, or put `when` on the step',
  with: "write the whole path instead",
  range: "write {{ .list.map(x, x.name) }}, or use a `foreach` step",
  end: "there are no blocks: leave it out",
  define: "there are no named templates",
  template: "there are no named templates",
  block: "there are no named templates",
};

const WORD = String.raw`(?:\.?[\w.\[\]]+|"[^"]*"|'[^']*')`;

/**
 * Recognises Go-template forms: `eq .a "b"`, `{{-`, pipes, `{{ if }}`.
 *
 * For an expression that could not be read; trim markers are `findTrimMarker`'s.
 */
export function findGoForm(expression: string): GoForm | undefined {
  const text = expression.trim();
  const block = text.match(/^(\w+)\b(?!\s*[.([])/)?.[1];
  if (block !== undefined && Object.hasOwn(BLOCKS, block)) return blockForm(block);
  if (/^(?:range|if|with)\s+\./.test(text)) return blockForm(text.match(/^\w+/)![0]);
  if (text.includes(":=") || text.startsWith("$")) {
    return {
      message: "Go-template variables do not exist here",
      hint: "write the path itself, such as {{ .input.name }}",
    };
  }
  return pipeForm(text) ?? callForm(text);
}

/** Recognises a Go function before a path (`len .a`, `range .items`), which CEL would read as `len.a`. */
export function findGoCall(expression: string): GoForm | undefined {
  const text = expression.trim();
  const name = /^(\w+)\s+\.[A-Za-z_]/.exec(text)?.[1];
  if (name === undefined) return undefined;
  if (Object.hasOwn(BLOCKS, name)) return blockForm(name);
  const isKnown = Object.hasOwn(OPERATORS, name) || Object.hasOwn(FUNCTIONS, name) || OTHER_FUNCTIONS.includes(name);
  return isKnown ? pipeForm(text) ?? callForm(text) : undefined;
}

/** Recognises `{{-` and `-}}` in what stands between the braces; CEL would take the first for a minus sign. */
export function findTrimMarker(inside: string): GoForm | undefined {
  if (!/^-\s/.test(inside) && !/\s-$/.test(inside)) return undefined;
  const inner = (/\s-$/.test(inside) ? inside.slice(0, -1) : inside).replace(/^-\s/, "").trim();
  return { message: "Go-template trim markers have no meaning here", hint: `write {{ ${inner} }}` };
}

/** Tells whether an expression opens a Go-template block, whose `{{ end }}` then says nothing new. */
export function opensGoBlock(expression: string): boolean {
  return /^-?\s*(?:if|range|with|define|block)\s/.test(expression);
}

function blockForm(keyword: string): GoForm {
  return { message: `Go-template "${keyword}" does not exist here`, hint: BLOCKS[keyword]! };
}

function pipeForm(text: string): GoForm | undefined {
  const [first, ...stages] = splitPipes(text);
  if (stages.length === 0) return undefined;
  let right: string | undefined = first!.trim();
  for (const stage of stages) right = right === undefined ? undefined : applyStage(right, stage.trim());
  const hint = right === undefined ? "call functions as f(x) or x.f()" : `write {{ ${right} }}`;
  return { message: "Go-template pipes do not exist here", hint };
}

function applyStage(value: string, stage: string): string | undefined {
  const fallback = stage.match(new RegExp(`^default\\s+(${WORD})$`))?.[1];
  if (fallback !== undefined) return `default(${value}, ${fallback})`;
  return Object.hasOwn(FUNCTIONS, stage) ? FUNCTIONS[stage]!.replace("$", () => value) : undefined;
}

function callForm(text: string): GoForm | undefined {
  const call = text.match(new RegExp(`^(\\w+)\\s+(${WORD})(?:\\s+(${WORD}))?$`));
  if (call === null) return undefined;
  const [, name, first, second] = call as unknown as [string, string, string, string | undefined];
  const message = `Go-template calls such as "${name} ${first}" do not exist here`;
  if (Object.hasOwn(OPERATORS, name) && second !== undefined) {
    return { message, hint: `write {{ ${first} ${OPERATORS[name]} ${second} }}` };
  }
  if (name === "index" && second !== undefined) return { message, hint: `write {{ ${first}[${second}] }}` };
  if (name === "default" && second !== undefined) return { message, hint: `write {{ default(${second}, ${first}) }}` };
  if (second === undefined && Object.hasOwn(FUNCTIONS, name)) {
    return { message, hint: `write {{ ${FUNCTIONS[name]!.replace("$", () => first)} }}` };
  }
  if (Object.hasOwn(OPERATORS, name) || OTHER_FUNCTIONS.includes(name) || first.startsWith(".")) {
    return { message, hint: "write functions as f(x, y) and comparisons as .a == .b" };
  }
  return undefined;
}

/** Cuts at each single `|` outside quotes. */
function splitPipes(text: string): string[] {
  const stages: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"' || text[at] === "'") at = (skipQuoted(text, at) ?? text.length) - 1;
    else if (text[at] === "|" && text[at + 1] === "|") at++;
    else if (text[at] === "|") {
      stages.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...stages, text.slice(start)];
}
