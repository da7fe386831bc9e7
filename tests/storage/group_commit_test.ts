import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import { GroupCommit, type Outcome } from "../../src/storage/sql/group_commit.ts";
import type { SqlOperation } from "../../src/storage/sql/operation.ts";
import type { CommitMode } from "../../src/storage/sql/sql_driver.ts";

const MEBIBYTE = 1_048_576;

/** Stands for an operation; nothing here looks into it. */
function operation(root: string): SqlOperation {
  return { kind: "delete_tree", root };
}

function rootOf(operation: SqlOperation): string {
  return operation.kind === "delete_tree" ? operation.root : "";
}

/** Groups that write down what they are told to commit, and answer with each operation's name. */
function createGroups(commit: (roots: readonly string[]) => Promise<void> = () => Promise.resolve()): {
  readonly groups: GroupCommit;
  readonly committed: { readonly roots: string; readonly mode: CommitMode }[];
} {
  const committed: { readonly roots: string; readonly mode: CommitMode }[] = [];
  const groups = new GroupCommit({
    later: (callback) => void setTimeout(callback),
    explain: (error) => new Error(`explained: ${error.message}`),
    async commit(operations, mode): Promise<readonly Outcome[]> {
      const roots = operations.map(rootOf);
      committed.push({ roots: roots.join(" "), mode });
      await commit(roots);
      return roots.map((root) =>
        root.startsWith("refused") ? { refusal: new MaestroError("claim_lost", root) } : { answer: root }
      );
    },
  });
  return { groups, committed };
}

/** What became of writes, in words. */
async function settle(writes: readonly Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(writes);
  return results.map((result) => result.status === "fulfilled" ? String(result.value) : result.reason.message);
}

describe("GroupCommit", () => {
  it("commits together what comes together, in that order, and then what came meanwhile", async () => {
    const writes: Promise<unknown>[] = [];
    const { groups, committed } = createGroups((roots) => {
      if (roots[0] === "a") {
        writes.push(groups.write(operation("d"), "async", 1), groups.write(operation("e"), "async", 1));
      }
      return Promise.resolve();
    });
    for (const root of ["a", "b", "c"]) writes.push(groups.write(operation(root), "async", 1));
    await groups.settle();
    assert.deepEqual(await settle(writes), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(committed.map(({ roots }) => roots), ["a b c", "d e"]);
  });

  it("takes the strictest mode of its members", async () => {
    const { groups, committed } = createGroups();
    await settle([groups.write(operation("a"), "async", 1), groups.write(operation("b"), "sync", 1)]);
    await settle([groups.write(operation("c"), "async", 1)]);
    assert.deepEqual(committed, [{ roots: "a b", mode: "sync" }, { roots: "c", mode: "async" }]);
  });

  it("holds at most 8 MiB, but for a single larger operation", async () => {
    const { groups, committed } = createGroups();
    const sizes = [3, 5, 1, 20, 7];
    await settle(sizes.map((size) => groups.write(operation(`${size}M`), "async", size * MEBIBYTE)));
    assert.deepEqual(committed.map(({ roots }) => roots), ["3M 5M", "1M", "20M", "7M"]);
  });

  it("refuses one without failing the others", async () => {
    const { groups } = createGroups();
    const writes = ["a", "refused", "b"].map((root) => groups.write(operation(root), "async", 1));
    assert.deepEqual(await settle(writes), ["a", "refused", "b"]);
  });

  it("tries the members of a group that throws one by one", async () => {
    const { groups, committed } = createGroups((roots) =>
      roots.includes("bad") ? Promise.reject(new Error("broken")) : Promise.resolve()
    );
    const writes = ["a", "bad", "refused", "b"].map((root) => groups.write(operation(root), "async", 1));
    assert.deepEqual(await settle(writes), ["a", "explained: broken", "refused", "b"]);
    assert.deepEqual(committed.map(({ roots }) => roots), ["a bad refused b", "a", "bad", "refused", "b"]);
  });

  it("tells all members at once that the store cannot be used", async () => {
    const { groups, committed } = createGroups(() => Promise.reject(new MaestroError("store_unavailable", "locked")));
    const writes = ["a", "b"].map((root) => groups.write(operation(root), "async", 1));
    assert.deepEqual(await settle(writes), ["explained: locked", "explained: locked"]);
    assert.equal(committed.length, 1);
  });
});
