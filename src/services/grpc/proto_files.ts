import { create, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { MaestroError, toError } from "../../base/errors.ts";
import { fileReason } from "../../base/file_reason.ts";
import type { ReadFile } from "./credentials.ts";
import { folderOf, foldersUp, joinPath, toSlashes } from "../../base/paths.ts";
import { parseProto, ProtoSyntaxError } from "./proto_syntax.ts";
import { repairFiles, UndeclaredType } from "./repair.ts";
import { wellKnownFile } from "./well_known_files.ts";

/** A file that has been read. */
interface Source {
  readonly path: string;
  readonly text: string;
  readonly file: FileDescriptorProto;
}

/**
 * Compiles `.proto` files, and all that they import, to a serialised `google.protobuf.FileDescriptorSet`.
 *
 * An import is looked for beside the importing file, then in the folder of the file that it started from and in the
 * folders around that, up to the root; `google/protobuf/*` is built in. An import that is nowhere to be found (such as
 * `google/api/annotations.proto`) matters only if a type is missing then. Throws `MaestroError`: `file_not_readable` for
 * a given path, `invalid_workflow` with file and line for what is wrong inside the files.
 */
export async function compileProtoFiles(paths: readonly string[], readFile: ReadFile): Promise<Uint8Array> {
  const compilation = new Compilation(readFile);
  for (const path of paths) await compilation.addEntry(toSlashes(path));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: compilation.finish() }));
}

class Compilation {
  readonly #readFile: ReadFile;
  /** By the name that the descriptors use. */
  readonly #sources = new Map<string, Source>();
  readonly #nameOfPath = new Map<string, string>();
  readonly #missing: { readonly by: Source; readonly name: string }[] = [];

  constructor(readFile: ReadFile) {
    this.#readFile = readFile;
  }

  async addEntry(path: string): Promise<void> {
    if (this.#nameOfPath.has(path)) return;
    let text: string;
    try {
      text = await this.#readText(path);
    } catch (error) {
      throw new MaestroError("file_not_readable", `Cannot read "${path}": ${fileReason(error)}`, { cause: error });
    }
    await this.#add(this.#freeName(path), path, text, folderOf(path));
  }

  /** The files with every type found, each after what it imports. */
  finish(): FileDescriptorProto[] {
    try {
      return repairFiles([...this.#sources.values()].map(({ file }) => file));
    } catch (error) {
      if (error instanceof UndeclaredType) throw this.#undeclared(error);
      throw error;
    }
  }

  async #add(name: string, path: string, text: string, root: string): Promise<void> {
    const { file, imports } = parseAt(name, path, text);
    const source = { path, text, file };
    this.#sources.set(name, source);
    this.#nameOfPath.set(path, name);
    const names: string[] = [];
    for (const imported of imports) names.push(await this.#import(imported, source, root));
    file.dependency = names;
  }

  /** Reads an imported file unless it is known already, and gives the name that it goes by. */
  async #import(name: string, by: Source, root: string): Promise<string> {
    if (wellKnownFile(name) !== undefined) return name;
    const tried = new Set<string>();
    for (const folder of [folderOf(by.path), ...foldersUp(root)]) {
      const path = joinPath(folder, name);
      const known = this.#nameOfPath.get(path);
      if (known !== undefined) return known;
      if (tried.has(path)) continue;
      tried.add(path);
      const text = await this.#readText(path).catch(() => undefined);
      if (text === undefined) continue;
      const fileName = this.#sources.has(name) ? this.#freeName(path) : name;
      await this.#add(fileName, path, text, root);
      return fileName;
    }
    this.#missing.push({ by, name });
    return name;
  }

  async #readText(path: string): Promise<string> {
    return new TextDecoder().decode(await this.#readFile(path));
  }

  /** The shortest end of a path that no other file is called by. */
  #freeName(path: string): string {
    const parts = path.split("/");
    for (let count = 1; count < parts.length; count++) {
      const name = parts.slice(-count).join("/");
      if (!this.#sources.has(name)) return name;
    }
    return path;
  }

  #undeclared({ file, type }: UndeclaredType): MaestroError {
    const { path, text } = this.#sources.get(file)!;
    const place = `${path}:${lineOf(text, type)}`;
    const [missing] = this.#missing;
    const hint = missing === undefined
      ? undefined
      : `${missing.by.path}:${
        lineOf(missing.by.text, missing.name)
      } imports "${missing.name}", which is nowhere around`;
    return new MaestroError("invalid_workflow", `${place}: the type "${type}" is not declared`, { hint });
  }
}

function parseAt(name: string, path: string, text: string): ReturnType<typeof parseProto> {
  try {
    return parseProto(name, text);
  } catch (error) {
    const line = error instanceof ProtoSyntaxError && error.line !== undefined ? `:${error.line}` : "";
    throw new MaestroError("invalid_workflow", `${path}${line}: ${toError(error).message}`, { cause: error });
  }
}

/** The line, counted from 1, on which a text first stands outside of comments. */
function lineOf(source: string, text: string): number {
  const lines = source.split("\n");
  const index = lines.findIndex((line) => line.replace(/\/\/.*/, "").includes(text));
  return index < 0 ? 1 : index + 1;
}
