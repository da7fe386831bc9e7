import type { DocumentPath } from "../base/diagnostics.ts";
import type { Span } from "./issue.ts";

/** A name that an expression reads: a root, and the static part of the path behind it. */
export interface Reference {
  /** `input`, `steps`, `user`: without the leading dot. Macro variables never appear. */
  readonly root: string;
  /** The members behind the root, up to the first index that is computed: `steps.fetch.output[0]` gives `fetch output 0`. */
  readonly path: readonly (string | number)[];
  /** Whether it may be missing: read through `has()`, `.?` or `default()`, or compared with null. */
  readonly isGuarded: boolean;
  /** Leads to the string that holds the template, inside the compiled value. */
  readonly at: DocumentPath;
  /** From the root's name to the last static member, in that string's decoded text. */
  readonly span: Span;
}

/**
 * Marks what an expression reads beside a test that it is there: in `has(env.X) ? env.X : "y"` neither must exist.
 *
 * `tested` are the references inside `has()` and comparisons with null.
 */
export function spreadGuards(references: readonly Reference[], tested: readonly Reference[]): readonly Reference[] {
  if (tested.length === 0) return references;
  return references.map((reference) => {
    const isCovered = reference.isGuarded || tested.some((test) => test.path.length > 0 && covers(test, reference));
    return isCovered ? { ...reference, isGuarded: true } : reference;
  });
}

function covers(test: Reference, reference: Reference): boolean {
  return test.root === reference.root && test.path.length <= reference.path.length &&
    test.path.every((key, index) => key === reference.path[index]);
}
