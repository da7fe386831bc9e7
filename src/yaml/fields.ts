import type { DocumentPath } from "../base/diagnostics.ts";
import { parseDuration } from "../base/duration.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";

/**
 * Reads a map of the document key by key, each as the type that the schema gives it.
 *
 * A value of another type reads as absent: the check of the structure has reported it, and compiling goes on.
 */
export class Fields {
  readonly map: JsonObject;
  readonly path: DocumentPath;

  constructor(value: JsonValue | undefined, path: DocumentPath) {
    this.map = isJsonObject(value) ? value : {};
    this.path = path;
  }

  /** The path of a key. */
  at(key: string): DocumentPath {
    return [...this.path, key];
  }

  has(key: string): boolean {
    return Object.hasOwn(this.map, key);
  }

  value(key: string): JsonValue | undefined {
    return this.has(key) ? this.map[key] : undefined;
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    return typeof value === "string" ? value : undefined;
  }

  number(key: string): number | undefined {
    const value = this.value(key);
    return typeof value === "number" ? value : undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    return typeof value === "boolean" ? value : undefined;
  }

  list(key: string): readonly JsonValue[] | undefined {
    const value = this.value(key);
    return Array.isArray(value) ? value : undefined;
  }

  texts(key: string): readonly string[] | undefined {
    return this.list(key)?.filter((item) => typeof item === "string");
  }

  /** Milliseconds. */
  duration(key: string): number | undefined {
    const value = this.value(key);
    return typeof value === "string" ? parseDuration(value) : value === 0 ? 0 : undefined;
  }

  /** The fields of a map below a key; no fields where there is none. */
  fields(key: string): Fields {
    return new Fields(this.value(key), this.at(key));
  }
}
