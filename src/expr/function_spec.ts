import type { Frame } from "./frame.ts";
import type { Kinds } from "./kind.ts";
import type { Site } from "./source.ts";
import type { Value } from "./value.ts";

/** A function that expressions can call. */
export interface FunctionSpec {
  readonly name: string;
  /** What each argument may be; of a method, the first is what it is called on. */
  readonly takes: readonly Kinds[];
  /** How many of the last arguments may be left out. */
  readonly optional?: number | undefined;
  readonly gives: Kinds;
  /** Computes the value. The arguments are plain and of the right kinds. */
  call(args: readonly Value[], site: Site, frame: Frame): Value;
}
