import type { JsonValue } from "../base/json.ts";
import type { PlanService } from "../plan/plan.ts";
import type { AnyWorkflow } from "./workflow.ts";

/** A workflow as a child of another is started by. */
export interface ChildDefinition {
  readonly name: string;
  readonly version: string;
  /** Hash of the bundle. */
  readonly hash: string;
  readonly bundle: string;
  /** Checks an input and fills defaults in. @throws {MaestroError} `invalid_input`. */
  accept(input: unknown): JsonValue;
}

/** What stands around a workflow in code. */
export interface Surroundings {
  /** Whether a loss of power may take outcomes with it: then what is sent is part of its idempotency key. */
  readonly isAsync: boolean;
  /** Finds what a child is started by. Throws for one that the workflow has not named. */
  resolve(workflow: AnyWorkflow): ChildDefinition;
  /** Finds a service that the workflow may call. Throws for one that it does not know. */
  service(name: string): PlanService;
}
