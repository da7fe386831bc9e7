import { MaestroError } from "./base/errors.ts";
import { type AnyWorkflow, Workflow } from "./code/workflow.ts";
import { Dag } from "./dag/dag.ts";
import { loadCode } from "./load_code.ts";
import { loadDag } from "./load_dag.ts";
import type { LoadedWorkflow } from "./load_workflow.ts";

/** A definition that is code of the program. */
export type Registrable = Dag<never, unknown> | Workflow<never, unknown>;

/** The definitions that a program knows, by what they were made of and by their hash. */
export class Definitions {
  readonly #loaded = new WeakMap<object, LoadedWorkflow>();
  readonly #byHash = new Map<string, LoadedWorkflow>();

  /** Those that are code of the program. */
  get byHash(): ReadonlyMap<string, LoadedWorkflow> {
    return this.#byHash;
  }

  /**
   * Gives what runs a definition, and makes it and what it starts known where it is code.
   *
   * @throws {MaestroError} `usage` where it is no definition, or another one has its name and version.
   */
  load(definition: AnyWorkflow | LoadedWorkflow): LoadedWorkflow {
    if (typeof definition !== "object" || definition === null) throw noDefinition();
    const known = this.#loaded.get(definition);
    if (known !== undefined) return known;
    if (isLoaded(definition)) return definition;
    const loaded = this.#make(definition);
    const { plan: { name, version }, hash } = loaded;
    if (this.#byHash.has(hash)) {
      throw new MaestroError("usage", `Another workflow is registered as "${name}", version "${version}"`, {
        hint: "make it once and start it with different inputs, or give it another version",
      });
    }
    this.#loaded.set(definition, loaded);
    this.#byHash.set(hash, loaded);
    return loaded;
  }

  #make(definition: object): LoadedWorkflow {
    if (definition instanceof Dag) return loadDag(definition);
    if (definition instanceof Workflow) return loadCode(definition, (child) => this.load(child));
    throw noDefinition();
  }
}

function noDefinition(): MaestroError {
  return new MaestroError("usage", "This is neither a workflow nor a DAG", {
    hint: "give what `workflow()`, `dag().build()` or `maestro.load()` made",
  });
}

function isLoaded(definition: object): definition is LoadedWorkflow {
  return "plan" in definition && "hash" in definition;
}
