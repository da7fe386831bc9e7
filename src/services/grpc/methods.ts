import { type DescMethod, type FileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { JsonValue } from "../../base/json.ts";
import type { MethodLookupProblem } from "../../engine/message_type.ts";
import { JsonReader } from "./json_to_message.ts";
import { JsonWriter } from "./message_to_json.ts";
import { hasOwnJsonForm } from "./well_known.ts";

const EMPTY = new Uint8Array();

/** A method ready to be called: how its messages travel between JSON and bytes. */
export interface Method {
  /** `pkg.Service/Method`. */
  readonly name: string;
  /** What goes into HTTP's `:path`. */
  readonly path: string;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
  /** Marked `NO_SIDE_EFFECTS`. */
  readonly isReadOnly: boolean;
  /** Encodes a request; null is a message with nothing set. Throws `BadValue` for input that does not fit. */
  encode(input: JsonValue): Uint8Array;
  /** Decodes an answer. Throws for bytes that are no such message. */
  decode(bytes: Uint8Array): JsonValue;
}

/** Whether a method takes a stream of messages. */
export function isClientStreaming(method: DescMethod): boolean {
  return method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
}

/** Whether a method answers with a stream of messages. */
export function isServerStreaming(method: DescMethod): boolean {
  return method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming";
}

/** Whether a method is marked `NO_SIDE_EFFECTS`. */
export function isReadOnly(method: DescMethod): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}

/** The methods of a set of descriptors. What a method needs is worked out when it is first found. */
export class MethodTable {
  readonly #methods = new Map<string, DescMethod>();
  readonly #byBareName = new Map<string, string[]>();
  readonly #ready = new Map<string, Method>();
  readonly #reader: JsonReader;
  readonly #writer: JsonWriter;

  constructor(registry: FileRegistry) {
    this.#reader = new JsonReader(registry);
    this.#writer = new JsonWriter(registry);
    for (const type of registry) {
      if (type.kind !== "service") continue;
      for (const method of type.methods) {
        const name = `${type.typeName}/${method.name}`;
        this.#methods.set(name, method);
        this.#byBareName.set(method.name, [...this.#byBareName.get(method.name) ?? [], name]);
      }
    }
  }

  /** Every method as `pkg.Service/Method`. */
  names(): string[] {
    return [...this.#methods.keys()];
  }

  /** Finds the one method of a bare or full name; a bare one is looked for in `grpcService` only, where that is given. */
  find(name: string, grpcService?: string): DescMethod | MethodLookupProblem {
    const full = name.startsWith("/") ? name.slice(1) : name;
    if (full.includes("/")) return this.#methods.get(full) ?? { problem: "not_found", candidates: this.names() };
    if (grpcService !== undefined) {
      const method = this.#methods.get(`${grpcService}/${full}`);
      const siblings = this.names().filter((candidate) => candidate.startsWith(`${grpcService}/`));
      return method ?? { problem: "not_found", candidates: siblings.length > 0 ? siblings : this.names() };
    }
    const matches = this.#byBareName.get(full) ?? [];
    if (matches.length === 1) return this.#methods.get(matches[0]!)!;
    if (matches.length > 1) return { problem: "ambiguous", candidates: matches };
    return { problem: "not_found", candidates: this.names() };
  }

  /** Like `find`, ready to be called. */
  prepare(name: string, grpcService?: string): Method | MethodLookupProblem {
    const found = this.find(name, grpcService);
    if ("problem" in found) return found;
    const fullName = `${found.parent.typeName}/${found.name}`;
    let method = this.#ready.get(fullName);
    if (method === undefined) this.#ready.set(fullName, method = this.#bind(found, fullName));
    return method;
  }

  #bind(desc: DescMethod, name: string): Method {
    const read = this.#reader.reader(desc.input);
    const write = this.#writer.writer(desc.output);
    const isBare = hasOwnJsonForm(desc.input);
    return {
      name,
      path: `/${name}`,
      clientStreaming: isClientStreaming(desc),
      serverStreaming: isServerStreaming(desc),
      isReadOnly: isReadOnly(desc),
      encode: (input) => input === null && isBare ? EMPTY : toBinary(desc.input, read(input ?? {}, 0) as never),
      decode: (bytes) => write(fromBinary(desc.output, bytes, { readUnknownFields: false })),
    };
  }
}
