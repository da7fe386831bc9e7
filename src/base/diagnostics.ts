/** A place in a document: the keys and indexes that lead to a value. */
export type DocumentPath = readonly (string | number)[];

/** How bad a diagnostic is: an error stops the run, a warning does not. */
export type Severity = "error" | "warning";

/** One problem found in a document, before it is known on which line it stands. */
export interface Issue {
  /** How bad it is. */
  readonly severity: Severity;
  /** A stable name for the rule, such as `unknown_key`. */
  readonly code: string;
  /** What is wrong, naming the offending thing; sentence case, no final period. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The value that the problem is about. */
  readonly path: DocumentPath;
  /** Whether the problem is about the last key of `path` rather than its value. */
  readonly onKey?: boolean | undefined;
  /** The part of that value's text, as offsets into the decoded text. */
  readonly span?: { readonly start: number; readonly end: number } | undefined;
}

/** An issue with its place in the file. Lines and columns count from 1, columns in UTF-16 units. */
export interface Diagnostic extends Omit<Issue, "path" | "span" | "onKey"> {
  /** The file, as it was named. */
  readonly file: string;
  /** Where it begins. */
  readonly line: number;
  /** Where it begins in that line. */
  readonly column: number;
  /** Where it ends. */
  readonly endLine: number;
  /** The column behind its last character. */
  readonly endColumn: number;
}
