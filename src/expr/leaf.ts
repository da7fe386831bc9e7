import type { DocumentPath } from "../base/diagnostics.ts";
import type { JsonValue } from "../base/json.ts";
import type { CompileOptions } from "./compilation.ts";
import { compileProgram, type Program } from "./compile.ts";
import { type Frame, MAX_SIZE } from "./frame.ts";
import { opensGoBlock } from "./go_template.ts";
import type { ExpressionIssue } from "./issue.ts";
import type { Kinds } from "./kind.ts";
import { KIND } from "./kind.ts";
import { leave } from "./leave.ts";
import type { Reference } from "./reference.ts";
import { scanParts, type TextPart } from "./scan.ts";
import type { Source } from "./source.ts";
import { asText, PathText } from "./value.ts";

/** One piece of a string with templates: literal text, or an expression. */
export type Piece = string | Program;

/** A string with at least one template, compiled. */
export interface Leaf {
  readonly at: DocumentPath;
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Whether it is exactly one template, whose value keeps its type. */
  readonly isWhole: boolean;
  readonly references: readonly Reference[];
  readonly readsSecrets: boolean;
  /** Whether it draws random numbers. */
  readonly needsRandom: boolean;
  readonly kinds: Kinds;
}

/** Compiles a string; gives `undefined` where it has no template. Issues go to `issues`. */
export function compileLeaf(
  text: string,
  at: DocumentPath,
  options: CompileOptions,
  issues: ExpressionIssue[],
): Leaf | undefined {
  if (!text.includes("{{")) return undefined;
  const pieces: Piece[] = [];
  let readsSecrets = false;
  let isInGoBlock = false;
  for (const part of scanParts(text)) {
    if (part.kind === "text") {
      pieces.push(part.text);
    } else if (part.kind === "unclosed") {
      issues.push(unclosedIssue(text, at, part));
      pieces.push(text.slice(part.start));
    } else if (isInGoBlock && part.expression.trim() === "end") {
      pieces.push("");
    } else {
      const source: Source = { at, text, offset: part.offset, readsSecrets: false };
      const program = compileProgram(part.expression, source, options);
      readsSecrets ||= source.readsSecrets;
      isInGoBlock ||= opensGoBlock(part.expression);
      issues.push(...program.issues);
      pieces.push(program);
    }
  }
  return finish(text, at, pieces, readsSecrets);
}

/** Tells whether a text holds a `{{` and a `}}` behind it. */
export function hasTemplate(text: string): boolean {
  const open = text.indexOf("{{");
  return open >= 0 && text.includes("}}", open);
}

/** The value of a leaf: typed if it is one template, text otherwise. */
export function evaluateLeaf(leaf: Leaf, frame: Frame): JsonValue {
  if (leaf.isWhole) {
    return evaluateProgram(leaf.pieces[0] as Program, frame);
  }
  let text = "";
  for (const piece of leaf.pieces) {
    if (typeof piece === "string") text += piece;
    else {
      text += asText(evaluateProgram(piece, frame));
      if (text.length > MAX_SIZE) frame.limitSize(text.length, piece.site);
    }
  }
  return text;
}

/** One part of a text whose templates keep their values. */
export type PartValue = string | {
  readonly value: JsonValue;
  /** Whether the value came from `path(x)`, so that its slashes stay. */
  readonly isPath: boolean;
};

/** The values of the pieces, each by itself. */
export function evaluatePieces(leaf: Leaf, frame: Frame): readonly PartValue[] {
  return leaf.pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    frame.site = piece.site;
    const value = piece.run(frame);
    return { value: leave(value, piece.site, frame), isPath: value instanceof PathText };
  });
}

/** The value of one expression as JSON. */
export function evaluateProgram(program: Program, frame: Frame): JsonValue {
  frame.site = program.site;
  return leave(program.run(frame), program.site, frame);
}

function finish(text: string, at: DocumentPath, pieces: Piece[], readsSecrets: boolean): Leaf {
  const programs = pieces.filter((piece) => typeof piece !== "string");
  for (const program of programs) program.site.source.readsSecrets = readsSecrets;
  const only = programs[0];
  const isBlank = (piece: Piece): boolean => typeof piece === "string" && piece.trim() === "";
  const isWhole = programs.length === 1 && pieces.every((piece) => piece === only || isBlank(piece));
  return {
    at,
    text,
    pieces: isWhole ? [only!] : pieces,
    isWhole,
    references: programs.flatMap((program) => program.references),
    readsSecrets,
    needsRandom: programs.some((program) => program.needsRandom),
    kinds: isWhole ? only!.kinds : KIND.text,
  };
}

function unclosedIssue(text: string, at: DocumentPath, part: TextPart & { kind: "unclosed" }): ExpressionIssue {
  const hint = part.open === undefined
    ? 'close it with }}; a literal {{ is written {{ "{{" }}'
    : `${JSON.stringify(text[part.open])} is still open`;
  return {
    code: "expression_syntax",
    severity: "error",
    message: "The template is never closed",
    hint,
    at,
    span: { start: part.open ?? part.start, end: part.open === undefined ? part.start + 2 : part.open + 1 },
  };
}
