/**
 * What is known of a service's methods before a call: the port through which checks read protobuf descriptors.
 *
 * Field types are resolved on demand, so recursive messages are no trouble.
 */
export interface ServiceTypes {
  /** Every callable method as `pkg.Service/Method`. */
  readonly methods: readonly string[];
  /** Finds a method by bare or full name, in the given service if one is named. */
  findMethod(method: string, grpcService?: string): MethodType | MethodLookupProblem;
}

/** Why no single method goes by a name: none does (`candidates` are all names), or several do (`candidates` are these). */
export interface MethodLookupProblem {
  readonly problem: "not_found" | "ambiguous";
  readonly candidates: readonly string[];
}

/** One method's messages. */
export interface MethodType {
  readonly name: string;
  readonly input: ValueType;
  readonly output: ValueType;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
  /** Marked `NO_SIDE_EFFECTS`. */
  readonly isReadOnly: boolean;
}

/** The JSON shape of a protobuf value. `any` where nothing can be said (Value). */
export type ValueType =
  | { readonly kind: "any" }
  | {
    readonly kind: "scalar";
    readonly type: "text" | "number" | "integer" | "int64" | "boolean" | "bytes";
    readonly name: string;
  }
  | { readonly kind: "enum"; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly item: ValueType }
  | { readonly kind: "map"; readonly value: ValueType }
  | MessageType;

/** A message: its fields by original name; `findField` also knows the JSON names. */
export interface MessageType {
  readonly kind: "message";
  readonly name: string;
  readonly fieldNames: readonly string[];
  findField(name: string): FieldType | undefined;
}

/** A field of a message. */
export interface FieldType {
  readonly name: string;
  readonly type: ValueType;
  /** Whether an answer may hold null here: messages, `optional`, members of a oneof. */
  readonly nullable: boolean;
  /** Name of the oneof that it belongs to. */
  readonly oneof: string | undefined;
}
