import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "../../src/base/json.ts";
import { dag } from "../../src/dag/create_dag.ts";
import type { Dag } from "../../src/dag/dag.ts";
import type { Stored } from "../../src/base/stored.ts";
import type { Maestro, RunHandle } from "../../src/maestro.ts";
import { testMaestro } from "./run_dag.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only where both types are the same. */
function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

const V1 = { version: "1" };

const order = dag("order", V1)
  .input<{ readonly item: string }>()
  .node("price").action(({ input }) => input.item.length)
  .node("gift").dependsOn("price").when(({ price }) => price > 1).action(async () =>
    await Promise.resolve({ at: new Date() })
  )
  .node("wrap").requires("gift").action(({ gift }) => gift.at.length)
  .node("ship").dependsOn("price", "wrap").action(({ price, wrap }) => [price, wrap])
  .build();

describe("the types of a DAG", () => {
  it("flow from nodes to those that wait for them, and to the result", () => {
    type Output = {
      readonly price: number;
      readonly gift: { at: string } | null;
      readonly wrap: number | null;
      readonly ship: (number | null)[];
    };
    same<typeof order extends Dag<infer Input, unknown> ? Input : never, { readonly item: string }>();
    const start = (maestro: Maestro): Promise<RunHandle<Output>> => maestro.start(order, { input: { item: "tea" } });
    assert.equal(typeof start, "function");
  });

  it("refuse names that are not there", () => {
    const base = dag("base", V1).node("first").action(() => 1).node("second").action(() => "x");
    // @ts-expect-error there is no node "frist"
    base.node("a").dependsOn("frist").action(() => 1);
    // @ts-expect-error it does not wait for "second"
    base.node("a").dependsOn("first").action(({ second }) => second);
    // @ts-expect-error the name is taken
    base.node("first").action(() => 1);
    // @ts-expect-error a node cannot wait for itself
    base.node("self").dependsOn("self").action(() => 1);
    // @ts-expect-error the output is a number
    base.node("a").dependsOn("first").action(({ first }) => first.length);
    // @ts-expect-error a node has an action
    assert.throws(() => base.node("a").node("b"));
    base.output(({ first, second }) => `${first.toFixed()}${second.length}`);
    // @ts-expect-error there is no output "third"
    base.output(({ third }) => third);
  });

  it("know which outputs may be null", () => {
    const base = dag("base", V1)
      .node("sure").action(() => 1)
      .node("maybe").dependsOn("sure").when(({ sure }) => sure > 0).action(() => 1)
      .node("tried").onError("continue").action(() => 1);
    // @ts-expect-error it may have been skipped
    base.node("a").dependsOn("maybe").action(({ maybe }) => maybe.toFixed());
    // @ts-expect-error it may have failed
    base.node("a").dependsOn("tried").action(({ tried }) => tried.toFixed());
    base.node("a").dependsOn("sure").requires("maybe", "tried")
      .action(({ sure, maybe, tried }) => sure + maybe + tried)
      .node("b").dependsOn("a")
      // @ts-expect-error what requires it may have been skipped too
      .action(({ a }) => a.toFixed());
    base.node("c").action(() => "x").compensate(({ c }) => c.length)
      .node("d").action(() => "x")
      // @ts-expect-error nobody knows whether there is an output
      .compensate(({ d }) => d.length, { onUnknown: true });
  });

  it("know the data", () => {
    const base = dag("base", V1).data<{ readonly total: number; readonly note?: string }>({ total: 0 });
    base.node("a").action((_given, { data }) => {
      data.set("total", data.get("total") + 1);
      data.set("note", data.get("note")?.trim());
      // @ts-expect-error a number
      data.set("total", "1");
      // @ts-expect-error there is no such key
      data.get("toatl");
      // @ts-expect-error it has to have a total
      data.restore({});
    });
    // @ts-expect-error conditions cannot change it
    base.node("b").when((_given, data) => data.set("total", 1)).action(() => 1);
    base.node("c").action(() => 1)
      // @ts-expect-error compensations cannot change it
      .compensate((_given, { data }) => data.set("total", 1));
    // @ts-expect-error it needs all members
    dag("bad", V1).data<{ total: number }>({});
  });

  it("know what runs are started with", async () => {
    const maestro = testMaestro();
    const run = await maestro.start(order, { input: { item: "tea" } });
    const { output } = await run.result();
    same<typeof output extends infer T ? NonNullable<T>["price" & keyof NonNullable<T>] : never, number>();
    assert.equal(output?.price, 3);
    // @ts-expect-error the item is missing
    await maestro.start(order, { input: {} });
    await maestro.close();
  });

  it("say what is left of a value in the journal", () => {
    interface Row {
      readonly id: string;
      readonly at?: Date;
      readonly tags: readonly (string | undefined)[];
      readonly deep: { readonly url: URL };
    }
    same<Stored<Row>, {
      readonly id: string;
      readonly at?: string | undefined;
      readonly tags: readonly (string | null)[];
      readonly deep: { readonly url: string };
    }>();
    same<Stored<void>, null>();
    same<Stored<undefined>, null>();
    same<Stored<bigint>, never>();
    same<Stored<[Date, 1]>, [string, 1]>();
    same<Stored<JsonObject>, JsonObject>();
    same<Stored<unknown>, unknown>();
    same<Stored<"a" | 1>, "a" | 1>();
  });
});
