import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../../scripts/command.ts";
import { readBlocks } from "./blocks.ts";
import { DocumentRunner } from "./document_runner.ts";

/** Documents whose blocks take long: they start processes, and kill them. A test file of their own runs them. */
export const SLOW_DOCUMENTS: readonly string[] = ["README.md", "docs/durability.md"];

/** What of `package.json` documents are held against. */
export const MANIFEST: Readonly<Record<"scripts" | "dependencies", Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
);

/** Declares the tests of one document: that what it names exists, and that its blocks hold. */
export function testDocument(path: string): void {
  const text = readFileSync(join(ROOT, path), "utf8");

  describe(path, () => {
    let runner: DocumentRunner;
    before(() => {
      runner = new DocumentRunner();
    });
    after(() => runner.close());

    it("links to what exists", () => {
      const targets = [...text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map((match) => match[1] ?? "");
      assert.deepEqual(targets.filter((target) => !linkExists(path, target)), []);
    });

    it("names npm scripts that exist", () => {
      const names = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? "");
      assert.deepEqual(names.filter((name) => !(name in MANIFEST.scripts)), []);
    });

    it("names tests that exist", () => {
      const names = [...text.matchAll(/`(tests\/[\w/]+_test\.ts)`/g)].map((match) => match[1] ?? "");
      assert.deepEqual(names.filter((name) => !existsSync(join(ROOT, name))), []);
    });

    for (const block of readBlocks(text)) {
      const isActive = block.isRun || block.isOutput || block.isStderr || block.file !== undefined;
      if (isActive) {
        it(`holds in the ${block.language} block of line ${block.line}`, { timeout: 60_000 }, async () => {
          assert.equal(await runner.run(block), undefined);
        });
      }
    }
  });
}

function linkExists(path: string, target: string): boolean {
  const [file = "", anchor] = target.split("#", 2);
  const found = file === "" ? path : join(dirname(path), file);
  if (!existsSync(join(ROOT, found))) return false;
  if (anchor === undefined || !found.endsWith(".md")) return true;
  return headingAnchors(readFileSync(join(ROOT, found), "utf8")).includes(anchor);
}

/** The anchors that GitHub gives to headings. */
function headingAnchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-")
  );
}
