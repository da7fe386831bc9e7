import type { FileRegistry, Registry } from "@bufbuild/protobuf";
import { MethodTable } from "./methods.ts";
import { detailTypes } from "./status_details.ts";

/** What a client knows of its service: the methods, and the types that error details may use. */
export class Schema {
  readonly methods: MethodTable;
  readonly #registry: FileRegistry;
  #detailTypes: Registry | undefined;

  constructor(registry: FileRegistry) {
    this.#registry = registry;
    this.methods = new MethodTable(registry);
  }

  get detailTypes(): Registry {
    return this.#detailTypes ??= detailTypes(this.#registry);
  }
}
