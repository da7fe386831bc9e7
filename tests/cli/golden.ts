import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

/** Compares a text that people read with the one kept in `golden/`. `UPDATE_GOLDEN=1` writes it instead: read the difference before keeping it. */
export function golden(name: string, text: string): void {
  const folder = new URL("golden/", import.meta.url);
  const file = new URL(name, folder);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, "utf8"));
}
