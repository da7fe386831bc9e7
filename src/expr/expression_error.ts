import type { DocumentPath } from "../base/diagnostics.ts";
import type { Span } from "./issue.ts";

/**
 * An expression could not be evaluated: something is missing, of the wrong kind, or too large.
 *
 * The message names the path that was read and never a value when the template reads secrets. `at` and `span` say which template.
 *
 * @example
 * ```ts
 * import { evaluateExpression, ExpressionError } from "maestro";
 *
 * try {
 *   evaluateExpression(".order.total", {});
 * } catch (error) {
 *   if (!(error instanceof ExpressionError)) throw error;
 *   console.log(`${error.expression}: ${error.message}`);
 * }
 * ```
 */
export class ExpressionError extends Error {
  /** Always `ExpressionError`. */
  override readonly name = "ExpressionError";
  /** The code of the failure that it becomes. */
  readonly code = "expression_error";
  /** Leads to the string that holds the template, inside the compiled value. */
  readonly at: DocumentPath;
  /** The place inside that string's decoded text. */
  readonly span: Span;
  /** The part of the text that failed, as it was written. */
  readonly expression: string;

  /** Says what is wrong, and where. */
  constructor(message: string, at: DocumentPath, span: Span, expression: string) {
    super(message);
    this.at = at;
    this.span = span;
    this.expression = expression;
  }
}

/** Something that an expression reads is not there. Guards such as `default(x, y)` catch this and no other error. */
export class MissingError extends ExpressionError {}
