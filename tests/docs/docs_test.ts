import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../../scripts/command.ts";
import { MANIFEST, SLOW_DOCUMENTS, testDocument } from "./test_document.ts";

const DOCUMENTS = ["CHANGELOG.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith(".md") && existsSync(join(ROOT, path)) && !SLOW_DOCUMENTS.includes(path));

for (const path of DOCUMENTS) testDocument(path);

describe("docs/architecture.md", () => {
  it("gives a reason for every dependency, and for no other", () => {
    const text = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
    const section = /## What Maestro stands on\n(.*?)\n## /s.exec(text)?.[1] ?? "";
    const cells = section.split("\n").map((line) => line.split("|")[1] ?? "");
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""));
    assert.deepEqual(named.sort(), Object.keys(MANIFEST.dependencies).sort());
  });
});
