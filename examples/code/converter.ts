// Values are kept as JSON; there is one converter, and a type that JSON does not know says itself how it is written and read.
import { activity, createMaestro, createRuntime, workflow } from "maestro";

class Money {
  readonly cents: bigint;

  constructor(cents: bigint) {
    this.cents = cents;
  }

  static read(text: string): Money {
    return new Money(BigInt(text.replace(".", "")));
  }

  toJSON(): string {
    return `${this.cents / 100n}.${String(this.cents % 100n).padStart(2, "0")}`;
  }
}

// The step's output has the type of what `toJSON` gives.
const price = activity(
  "price",
  (item: string) => ({ item, price: new Money(BigInt(item.length) * 10_000_000_000_000_001n) }),
);

const buy = workflow("buy", { version: "1" }, async (ctx, item: string) => {
  const { price: text } = await ctx.run(price, item);
  return new Money(Money.read(text).cents * 2n);
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(buy, { input: "tea" });
const { output } = await run.result();
console.log(typeof output, output);
await maestro.close();
