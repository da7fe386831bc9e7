import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fromBinary, toJson } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { MaestroError } from "../../../src/base/errors.ts";
import { readDescriptorSet } from "../../../src/services/grpc/descriptors.ts";
import { compileProtoFiles } from "../../../src/services/grpc/proto_files.ts";
import { compileFixtures, PROTO_FOLDER } from "./fixtures.ts";

const read = (path: string) => readFile(path);

const HEAD = 'syntax = "proto3";\n';

describe("descriptors from files", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "maestro-proto-"));
  });

  after(() => rm(folder, { recursive: true }));

  /** Writes files and compiles the first of them. */
  async function compile(files: Readonly<Record<string, string>>): Promise<readonly FileDescriptorProto[]> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const set = await compileProtoFiles([join(folder, Object.keys(files)[0]!)], read);
    return fromBinary(FileDescriptorSetSchema, set).file;
  }

  async function problem(files: Readonly<Record<string, string>>): Promise<MaestroError> {
    try {
      await compile(files);
    } catch (error) {
      assert.ok(MaestroError.is(error), String(error));
      return error;
    }
    throw new Error("It went well");
  }

  it("compileProtoFiles() makes what buf makes", async () => {
    const names = ["shop/v1/shop.proto", "everything.proto", "legacy.proto", "modern.proto"];
    const ours = fromBinary(FileDescriptorSetSchema, await compileFixtures(...names)).file;
    const theirs = fromBinary(FileDescriptorSetSchema, await readFile(`${PROTO_FOLDER}/buf.binpb`)).file;
    assert.equal(theirs.length, 5);
    for (const file of theirs) {
      const same = ours.find((one) => file.name.endsWith(one.name))!;
      assert.deepEqual(comparable(same), comparable(file), file.name);
    }
  });

  it("readDescriptorSet() takes sets without the well-known types", async () => {
    const registry = readDescriptorSet(await readFile(`${PROTO_FOLDER}/buf.binpb`));
    assert.equal(registry.getMessage("everything.v1.All")!.field["at"]!.message!.typeName, "google.protobuf.Timestamp");
  });

  it("readDescriptorSet() refuses what is no set", () => {
    assert.throws(() => readDescriptorSet(new TextEncoder().encode('syntax = "proto3";')), /no FileDescriptorSet/);
    assert.throws(() => readDescriptorSet(new Uint8Array()), /holds no files/);
  });

  it("compileProtoFiles() finds imports beside the file, from the root of the tree, and through other imports", async () => {
    const files = await compile({
      "tree/api/orders/v1/orders.proto":
        `${HEAD}package orders.v1;\nimport "near.proto";\nimport "common/money.proto";\nimport "../v1/near.proto";\n` +
        "message Order { Near near = 1; common.Money money = 2; }",
      "tree/api/orders/v1/near.proto": `${HEAD}package orders.v1;\nmessage Near { string x = 1; }`,
      "tree/api/common/money.proto":
        `${HEAD}package common;\nimport "common/unit.proto";\nmessage Money { Unit unit = 1; }`,
      "tree/api/common/unit.proto": `${HEAD}package common;\nmessage Unit {}`,
    });
    assert.deepEqual(files.map((file) => file.name), [
      "near.proto",
      "common/unit.proto",
      "common/money.proto",
      "orders.proto",
    ]);
  });

  it("compileProtoFiles() takes files that import each other's entries", async () => {
    await compile({
      "both/b.proto": `${HEAD}package b;\nmessage B {}`,
      "both/a.proto": `${HEAD}package a;\nimport "b.proto";\nmessage A { b.B b = 1; }`,
    });
    const set = await compileProtoFiles([join(folder, "both/a.proto"), join(folder, "both/b.proto")], read);
    assert.equal(fromBinary(FileDescriptorSetSchema, set).file.length, 2);
  });

  it("compileProtoFiles() does without imports that only bring options", async () => {
    const files = await compile({
      "options.proto": `${HEAD}import "google/api/annotations.proto";\nmessage M { string a = 1 [(x.y) = { b: 1 }]; }`,
    });
    assert.deepEqual(files[0]!.dependency, []);
  });

  it("compileProtoFiles() names file and line of a mistake", async () => {
    const { message, code } = await problem({ "broken.proto": `${HEAD}\nmessage M {\n  string a 1;\n}` });
    assert.equal(code, "invalid_workflow");
    assert.equal(message, `${folder}/broken.proto:4: illegal token '1', '=' expected`);
  });

  it("compileProtoFiles() names file and line of a type that is not there", async () => {
    const { message, hint } = await problem({ "typo.proto": `${HEAD}message M {\n  Mesage m = 1;\n}` });
    assert.equal(message, `${folder}/typo.proto:3: the type "Mesage" is not declared`);
    assert.equal(hint, undefined);
  });

  it("compileProtoFiles() names an import that is not there where a type is missing", async () => {
    const { message, hint } = await problem({
      "missing.proto": `${HEAD}import "nowhere.proto";\nmessage M { other.X x = 1; }`,
    });
    assert.equal(message, `${folder}/missing.proto:3: the type "other.X" is not declared`);
    assert.equal(hint, `${folder}/missing.proto:2 imports "nowhere.proto", which is nowhere around`);
  });

  it("compileProtoFiles() names a mistake in an imported file", async () => {
    const { message } = await problem({
      "main.proto": `${HEAD}import "bad.proto";\nmessage M {}`,
      "bad.proto": `${HEAD}message {`,
    });
    assert.match(message, /\/bad\.proto:2: illegal type name '{'$/);
  });

  it("compileProtoFiles() says that a file cannot be read", async () => {
    await assert.rejects(compileProtoFiles(["/no/such.proto"], read), (error) => {
      assert.ok(MaestroError.is(error, "file_not_readable"));
      assert.match(error.message, /^Cannot read "\/no\/such\.proto": /);
      return true;
    });
  });
});

/** A file without what depends on where it was compiled, and without empty options. */
function comparable(file: FileDescriptorProto): unknown {
  const { name: _, ...json } = toJson(FileDescriptorProtoSchema, file) as Record<string, unknown>;
  return JSON.parse(JSON.stringify(json).replaceAll('"options":{},', "").replaceAll(',"options":{}', ""));
}
