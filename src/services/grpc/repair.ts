import { isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { wellKnownFile, wellKnownFileOf } from "./well_known_files.ts";

/** Where a type is declared. */
interface Declaration {
  readonly file: FileDescriptorProto;
  readonly isEnum: boolean;
}

/** A file uses a type that no file declares. */
export class UndeclaredType extends Error {
  readonly file: string;
  readonly type: string;

  constructor(file: string, type: string) {
    super(`${file}: the type "${type}" is not declared anywhere`);
    this.file = file;
    this.type = type;
  }
}

/**
 * Makes a set of file descriptors whole, so that a registry can be built from it.
 *
 * Sets in the wild lack things that protobuf asks for: servers of `@grpc/reflection` give relative type names, no imports,
 * unmarked `optional` fields and `proto3` for everything; some sets leave out well-known types or files that only declare
 * options. Names are qualified, imports added (and those dropped that nobody has), JSON names filled in, the syntax
 * corrected where it cannot be what it says, and files sorted so that each comes after what it imports. The given
 * messages are changed.
 * Throws `UndeclaredType`.
 */
export function repairFiles(given: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const files = new Map<string, FileDescriptorProto>();
  for (const file of given) if (wellKnownFile(file.name) === undefined) files.set(file.name, file);
  const repair = new Repair(files);
  for (const file of [...files.values()]) repair.file(file);
  return sortFiles(files);
}

class Repair {
  readonly #files: Map<string, FileDescriptorProto>;
  readonly #types = new Map<string, Declaration>();
  #current!: FileDescriptorProto;
  #needed = new Set<string>();

  constructor(files: Map<string, FileDescriptorProto>) {
    this.#files = files;
    for (const file of files.values()) this.#declare(file);
  }

  file(file: FileDescriptorProto): void {
    this.#current = file;
    this.#needed = new Set();
    const scope = file.package;
    if (file.syntax === "proto3" && file.messageType.some(isProto2Only)) file.syntax = "proto2";
    for (const message of file.messageType) this.#message(message, scope);
    for (const extension of file.extension) this.#field(extension, scope);
    for (const service of file.service) {
      for (const method of service.method) {
        method.inputType = this.#qualify(method.inputType, scope).name;
        method.outputType = this.#qualify(method.outputType, scope).name;
      }
    }
    this.#setImports(file);
  }

  /** Keeps the imports that there are files for, in their order, and adds those that are missing. */
  #setImports(file: FileDescriptorProto): void {
    const isPublic = new Set(file.publicDependency.map((index) => file.dependency[index]));
    const imports = [...new Set([...file.dependency.filter((name) => this.#find(name)), ...this.#needed])];
    file.dependency = imports.filter((name) => name !== file.name);
    file.publicDependency = file.dependency.flatMap((name, index) => isPublic.has(name) ? [index] : []);
    file.weakDependency = [];
  }

  #find(name: string): boolean {
    if (this.#files.has(name)) return true;
    const builtIn = wellKnownFile(name);
    if (builtIn === undefined) return false;
    this.#add(builtIn);
    return true;
  }

  /** Takes a built-in file, and what it imports, into the set. */
  #add(file: FileDescriptorProto): void {
    if (this.#files.has(file.name)) return;
    this.#files.set(file.name, file);
    this.#declare(file);
    for (const name of file.dependency) this.#find(name);
  }

  #declare(file: FileDescriptorProto): void {
    const declareIn = (scope: string, messages: readonly DescriptorProto[]): void => {
      for (const message of messages) {
        const name = join(scope, message.name);
        this.#types.set(name, { file, isEnum: false });
        for (const type of message.enumType) this.#types.set(join(name, type.name), { file, isEnum: true });
        declareIn(name, message.nestedType);
      }
    };
    for (const type of file.enumType) this.#types.set(join(file.package, type.name), { file, isEnum: true });
    declareIn(file.package, file.messageType);
  }

  #message(message: DescriptorProto, outer: string): void {
    const scope = join(outer, message.name);
    // Some servers list extensions as fields, under names with dots.
    message.field = message.field.filter((field) => !field.name.includes("."));
    if (this.#current.syntax === "proto3") markOptionals(message);
    for (const field of message.field) this.#field(field, scope);
    for (const extension of message.extension) this.#field(extension, scope);
    for (const nested of message.nestedType) this.#message(nested, scope);
  }

  #field(field: FieldDescriptorProto, scope: string): void {
    if (field.jsonName === "") field.jsonName = jsonNameOf(field.name);
    if (field.extendee !== "") field.extendee = this.#qualify(field.extendee, scope).name;
    if (field.typeName === "") return;
    const { name, isEnum } = this.#qualify(field.typeName, scope);
    field.typeName = name;
    if (field.type !== FieldDescriptorProto_Type.GROUP) {
      field.type = isEnum ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE;
    }
  }

  /** Finds a type as protobuf does: from the innermost scope outwards. Notes the file that it comes from as an import. */
  #qualify(name: string, scope: string): { readonly name: string; readonly isEnum: boolean } {
    for (const candidate of candidates(name, scope)) {
      let found = this.#types.get(candidate);
      if (found === undefined) {
        const builtIn = wellKnownFileOf(candidate);
        if (builtIn === undefined) continue;
        this.#add(builtIn);
        found = this.#types.get(candidate);
        if (found === undefined) continue;
      }
      this.#needed.add(found.file.name);
      return { name: `.${candidate}`, isEnum: found.isEnum };
    }
    throw new UndeclaredType(this.#current.name, name);
  }
}

function* candidates(name: string, scope: string): Generator<string> {
  if (name.startsWith(".")) {
    yield name.slice(1);
    return;
  }
  for (let outer = scope; outer !== ""; outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")))) {
    yield `${outer}.${name}`;
  }
  yield name;
}

function sortFiles(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>();
  const visiting = new Set<string>();
  const visit = (file: FileDescriptorProto): void => {
    if (sorted.has(file) || visiting.has(file.name)) return;
    visiting.add(file.name);
    for (const name of file.dependency) visit(files.get(name)!);
    sorted.add(file);
  };
  for (const file of files.values()) visit(file);
  return [...sorted];
}

/** Whether a message has something that proto3 does not know: required fields, defaults, groups or extension ranges. */
function isProto2Only(message: DescriptorProto): boolean {
  return message.extensionRange.length > 0 || message.nestedType.some(isProto2Only) ||
    message.field.some((field) =>
      field.label === FieldDescriptorProto_Label.REQUIRED ||
      field.type === FieldDescriptorProto_Type.GROUP ||
      field.defaultValue !== ""
    );
}

/** Marks the oneofs that only stand for `optional`, which are known by their name. */
function markOptionals(message: DescriptorProto): void {
  for (const [index, oneof] of message.oneofDecl.entries()) {
    const [field, ...others] = message.field.filter((one) =>
      one.oneofIndex === index && isFieldSet(one, FieldDescriptorProtoSchema.field.oneofIndex)
    );
    if (field !== undefined && others.length === 0 && oneof.name === `_${field.name}`) field.proto3Optional = true;
  }
}

/** The JSON name that protoc gives a field: underscores go, and the letter after each becomes a capital. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+([^_]?)/g, (_, next: string) => next.toUpperCase());
}

function join(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
