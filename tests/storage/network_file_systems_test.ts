import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { storeFiles } from "../../src/runtime/store_files.ts";
import { networkFileSystem } from "../../src/storage/sqlite/network_file_systems.ts";

describe("networkFileSystem()", () => {
  it("knows them by their numbers, whatever sign a runtime gives these", () => {
    assert.equal(networkFileSystem(0x6969), "NFS");
    assert.equal(networkFileSystem(0xff534d42), "CIFS");
    assert.equal(networkFileSystem(0xff534d42 | 0), "CIFS");
    assert.equal(networkFileSystem(0xef53), undefined);
  });

  it("finds none where these tests run", () => {
    assert.equal(networkFileSystem(storeFiles.fileSystemType("/") ?? 0), undefined);
  });
});
