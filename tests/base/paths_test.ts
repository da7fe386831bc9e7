import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { folderOf, joinPath } from "../../src/base/paths.ts";

describe("joinPath()", () => {
  it("starts at the folder and resolves dots", () => {
    const cases: readonly (readonly [folder: string, path: string, joined: string])[] = [
      ["", "a.proto", "a.proto"],
      ["", "./a.proto", "a.proto"],
      ["", "../a.proto", "../a.proto"],
      ["..", "../a.proto", "../../a.proto"],
      ["flows", "../protos/a.proto", "protos/a.proto"],
      ["flows", "../../a.proto", "../a.proto"],
      ["/srv/flows", "../a.proto", "/srv/a.proto"],
      ["/srv", "../../a.proto", "/a.proto"],
      ["flows", "/etc/ca.pem", "/etc/ca.pem"],
      ["", "/etc/ca.pem", "/etc/ca.pem"],
      ["flows", "C:/ca.pem", "C:/ca.pem"],
    ];
    for (const [folder, path, joined] of cases) assert.equal(joinPath(folder, path), joined, `${folder} + ${path}`);
  });
});

describe("folderOf()", () => {
  it("is empty for a bare name", () => {
    assert.equal(folderOf("w.yaml"), "");
    assert.equal(folderOf("a/b/w.yaml"), "a/b");
  });
});
