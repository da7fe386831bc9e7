import type { Diagnostic, Issue } from "../base/diagnostics.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { RunStatus } from "../engine/run.ts";
import type { ExpectedCall } from "./expectations.ts";
import type { Mocks } from "./mock.ts";

/** A file of test cases that has been read. */
export interface TestFile {
  /** The file, as it was named. */
  readonly file: string;
  /** The workflow's file, as the test file names it. */
  readonly workflow: string;
  readonly cases: readonly TestCase[];
}

/** One case: a run, and what it has to come to. */
export interface TestCase {
  readonly name: string;
  readonly input: JsonObject;
  readonly id: string | undefined;
  /** RFC 3339. */
  readonly startAt: string | undefined;
  readonly seed: string | undefined;
  readonly mocks: Mocks;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly signals: readonly TestSignal[];
  /** A time, or a duration from the start. */
  readonly cancelAt: string | undefined;
  readonly expect: Expectation;
}

/** A signal that a case sends. */
export interface TestSignal {
  /** A time, or a duration from the start. */
  readonly at: string;
  readonly name: string;
  readonly data: JsonValue;
}

/** What a run has to come to: only what is given is looked at. */
export interface Expectation {
  readonly status?: RunStatus | undefined;
  readonly output?: JsonValue | undefined;
  readonly error?: ExpectedError | undefined;
  /** All calls in their order. */
  readonly calls?: readonly ExpectedCall[] | undefined;
  /** How many calls a name means, or all of them. */
  readonly callsByName?: Readonly<Record<string, number | readonly ExpectedCall[]>> | undefined;
  readonly compensated?: readonly string[] | undefined;
  readonly skipped?: readonly string[] | undefined;
  readonly duration?: { readonly atLeastMs: number; readonly atMostMs: number } | undefined;
}

/** What a run has to fail with. */
export interface ExpectedError {
  readonly code?: string | undefined;
  /** A part of it. */
  readonly message?: string | undefined;
  readonly step?: string | undefined;
  readonly details?: JsonValue | undefined;
}

/** What came of reading a test file. */
export interface ReadTestFile {
  /** `undefined` where there is any error. */
  readonly tests: TestFile | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** The document as a whole; `undefined` where nothing of it can be used. */
  readonly document: JsonObject | undefined;
  /** Puts issues that later checks find in their places. */
  diagnose(issues: readonly Issue[]): readonly Diagnostic[];
}
