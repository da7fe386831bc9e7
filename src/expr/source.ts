import type { DocumentPath } from "../base/diagnostics.ts";
import { ExpressionError, MissingError } from "./expression_error.ts";
import type { Span } from "./issue.ts";

/** One expression inside a string: where it stands, and what messages may tell of it. */
export interface Source {
  readonly at: DocumentPath;
  /** The whole decoded string. */
  readonly text: string;
  /** Where the expression begins in `text`. */
  readonly offset: number;
  /** Whether the string reads secrets, so that messages must not show values. Known once all of it is compiled. */
  readsSecrets: boolean;
}

/** A place in an expression that may fail while it is evaluated. Made once, when compiling. */
export class Site {
  readonly source: Source;
  /** Offsets into the string that holds the template. */
  readonly span: Span;

  constructor(source: Source, start: number, end: number) {
    this.source = source;
    this.span = { start: source.offset + start, end: source.offset + end };
  }

  /** The text of this place as it was written. */
  get expression(): string {
    return this.source.text.slice(this.span.start, this.span.end).trim();
  }

  /** Throws an `ExpressionError`. `shown` is a value to quote behind the message unless it may hold a secret. */
  fail(message: string, shown?: string | number): never {
    throw new ExpressionError(this.#withValue(message, shown), this.source.at, this.span, this.expression);
  }

  /** Throws a `MissingError`. */
  missing(message: string): never {
    throw new MissingError(message, this.source.at, this.span, this.expression);
  }

  #withValue(message: string, shown: string | number | undefined): string {
    if (shown === undefined || this.source.readsSecrets) return message;
    const text = String(shown);
    return `${message}, got ${JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : shown)}`;
  }
}
