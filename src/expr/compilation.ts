import type { Issue } from "../base/diagnostics.ts";
import type { LenientRun, Run } from "./frame.ts";
import type { ExpressionIssue, ExpressionIssueCode } from "./issue.ts";
import type { Kinds } from "./kind.ts";
import { MissingError } from "./expression_error.ts";
import type { Node } from "./node.ts";
import type { Parsed } from "./parse.ts";
import type { Reference } from "./reference.ts";
import { Site, type Source } from "./source.ts";

/** How expressions are compiled. */
export interface CompileOptions {
  /**
   * Root names in scope as far as syntax cares: macro variables may not be called like these.
   * @default none beside the roots that every workflow has
   */
  readonly names?: ReadonlySet<string> | undefined;
  /**
   * What is known of a path's kind, from a schema for example; bits of `KIND`, `undefined` where nothing is known.
   * @default nothing is known
   */
  readonly kindOf?: ((root: string, path: readonly (string | number)[]) => Kinds | undefined) | undefined;
}

/** A compiled part of an expression, and the kinds of value that it can give. */
export interface Compiled {
  readonly run: Run;
  readonly kinds: Kinds;
}

/** Compiles one node. */
export type CompileNode = (compilation: Compilation, node: Node) => Compiled;

/** What is known and collected while one expression is compiled. */
export class Compilation {
  readonly source: Source;
  readonly parsed: Parsed;
  readonly options: CompileOptions;
  readonly issues: ExpressionIssue[] = [];
  readonly references: Reference[] = [];
  /** The references whose presence is tested: inside `has()` and comparisons with null. */
  readonly tested: Reference[] = [];
  /** Macro variables in reach, with their slots in the frame. */
  readonly variables: Map<string, number> = new Map();
  /** Whether `uuid()` is called, which needs randomness. */
  needsRandom = false;
  readonly #compile: CompileNode;
  #guards = 0;
  #depth = 0;
  #slots = 0;

  constructor(source: Source, parsed: Parsed, options: CompileOptions, compile: CompileNode) {
    this.source = source;
    this.parsed = parsed;
    this.options = options;
    this.#compile = compile;
  }

  /** Whether what is read here may be missing. */
  get isGuarded(): boolean {
    return this.#guards > 0;
  }

  /** Compiles a node; deeper than any person writes is an issue. */
  compile(node: Node): Compiled {
    if (++this.#depth > 300) {
      throw new RangeError("Nested too deeply");
    }
    const compiled = this.#compile(this, node);
    this.#depth--;
    return compiled;
  }

  /** Does `work` with all that it compiles guarded: it may be missing. */
  guarded<T>(work: () => T): T {
    this.#guards++;
    const result = work();
    this.#guards--;
    return result;
  }

  /** Like `guarded`, for tests whether something is there: the same paths elsewhere in the expression count as guarded too. */
  tests<T>(work: () => T): T {
    const before = this.references.length;
    const result = this.guarded(work);
    this.tested.push(...this.references.slice(before));
    return result;
  }

  /** Does `work` with a macro variable in reach. */
  withVariable<T>(name: string, work: (slot: number) => T): T {
    const outer = this.variables.get(name);
    const slot = this.#slots++;
    this.variables.set(name, slot);
    const result = work(slot);
    if (outer === undefined) this.variables.delete(name);
    else this.variables.set(name, outer);
    return result;
  }

  /** The name of the member that a `.` or `.?` node reads, as it was written. */
  memberName(node: Node & { readonly op: "." | ".?" }): string {
    return this.parsed.renamed.get(node.pos) ?? node.args[1];
  }

  /** Where a node may fail. */
  site(node: { readonly start: number; readonly end: number }): Site {
    return new Site(this.source, node.start, node.end);
  }

  /** The text of a node as it was written. */
  textOf(node: { readonly start: number; readonly end: number }): string {
    const { text, offset } = this.source;
    return text.slice(offset + node.start, offset + node.end).trim();
  }

  /** Notes an issue at a node. */
  report(
    code: ExpressionIssueCode,
    place: { readonly start: number; readonly end: number },
    message: string,
    more: Pick<Issue, "hint"> & Partial<Pick<Issue, "severity">> = {},
  ): void {
    const { at, offset } = this.source;
    const span = { start: offset + place.start, end: offset + place.end };
    this.issues.push({ code, severity: more.severity ?? "error", message, hint: more.hint, at, span });
  }
}

/** Makes a strict expression give `undefined` where something it reads is missing. */
export function lenient(run: Run): LenientRun {
  return (frame) => {
    try {
      return run(frame);
    } catch (error) {
      if (error instanceof MissingError) return undefined;
      throw error;
    }
  };
}
