import { compileCall, compileMethod } from "./calls.ts";
import { Compilation, type Compiled, type CompileOptions } from "./compilation.ts";
import type { Run } from "./frame.ts";
import { findGoCall, findGoForm, findTrimMarker, type GoForm } from "./go_template.ts";
import type { ExpressionIssue } from "./issue.ts";
import { KIND, type Kinds } from "./kind.ts";
import { compileList, compileLiteral, compileMap } from "./literals.ts";
import { compileChoice, compileLogic } from "./logic.ts";
import { compileArithmetic, compileEquality, compileIn, compileNegation, compileOrder } from "./operators.ts";
import type { Node } from "./node.ts";
import { isParseFailure, parse, type ParseFailure } from "./parse.ts";
import { compilePath } from "./path.ts";
import { type Reference, spreadGuards } from "./reference.ts";
import { Site, type Source } from "./source.ts";

/** One compiled expression of a string, before it is known what the string makes of it. */
export interface Program {
  readonly run: Run;
  readonly kinds: Kinds;
  readonly site: Site;
  readonly references: readonly Reference[];
  readonly issues: readonly ExpressionIssue[];
  readonly needsRandom: boolean;
}

/**
 * Compiles one expression. All issues come at once; a program with errors fails whenever it is evaluated.
 *
 * Marks the source as reading secrets if this expression does.
 */
export function compileProgram(text: string, source: Source, options: CompileOptions): Program {
  const site = new Site(source, 0, text.length);
  const form = (source.offset > 0 ? findTrimMarker(text) : undefined) ?? findGoCall(text);
  if (form !== undefined) return broken(site, [goIssue(form, site)]);
  const parsed = parse(text);
  if (isParseFailure(parsed)) {
    const late = parsed.code === "expression_limit" ? undefined : findGoForm(text);
    return broken(site, [late === undefined ? syntaxIssue(parsed, source) : goIssue(late, site)]);
  }
  const compilation = new Compilation(source, parsed, options, compileNode);
  try {
    const { run, kinds } = compilation.compile(parsed.root);
    const { issues, needsRandom } = compilation;
    const references = spreadGuards(compilation.references, compilation.tested);
    if (!issues.some((issue) => issue.severity === "error")) {
      return { run, kinds, site, references, issues, needsRandom };
    }
    return { ...broken(site, issues), references, needsRandom };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = "The expression is nested too deeply";
    return broken(site, [{ code: "expression_limit", severity: "error", message, at: source.at, span: site.span }]);
  }
}

function compileNode(compilation: Compilation, node: Node): Compiled {
  switch (node.op) {
    case "value":
      return compileLiteral(compilation, node);
    case "id":
    case ".":
    case ".?":
    case "[]":
    case "[?]":
      return compilePath(compilation, node);
    case "call":
      return compileCall(compilation, node);
    case "rcall":
      return compileMethod(compilation, node);
    case "list":
      return compileList(compilation, node);
    case "map":
      return compileMap(compilation, node);
    case "?:":
      return compileChoice(compilation, node);
    case "&&":
    case "||":
    case "!_":
      return compileLogic(compilation, node);
    case "-_":
      return compileNegation(compilation, node);
    case "==":
    case "!=":
      return compileEquality(compilation, node);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compileOrder(compilation, node);
    case "in":
      return compileIn(compilation, node);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return compileArithmetic(compilation, node);
  }
}

function broken(site: Site, issues: readonly ExpressionIssue[]): Program {
  const first = issues.find((issue) => issue.severity === "error") ?? issues[0]!;
  const run: Run = () => site.fail(first.message);
  return { run, kinds: KIND.any, site, references: [], issues, needsRandom: false };
}

function goIssue(form: GoForm, site: Site): ExpressionIssue {
  return { code: "go_template", severity: "error", ...form, at: site.source.at, span: site.span };
}

function syntaxIssue(failure: ParseFailure, source: Source): ExpressionIssue {
  const { code, message, hint } = failure;
  const span = { start: source.offset + failure.start, end: source.offset + failure.end };
  return { code, severity: "error", message, hint, at: source.at, span };
}
