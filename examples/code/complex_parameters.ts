// Inputs and outputs of any depth. They are kept as JSON, and typed as what JSON keeps of them: a `Date` comes back as text.
import { activity, createMaestro, createRuntime, workflow } from "maestro";

interface Customer {
  readonly name: string;
  readonly addresses: readonly { readonly city: string; readonly isDefault: boolean }[];
  readonly tags?: Readonly<Record<string, number>>;
}

const register = activity("register", (customer: Customer) => ({ customer, since: new Date(0) }));

const welcome = workflow("welcome", { version: "1" }, async (ctx, input: { customers: readonly Customer[] }) => {
  const registered = await ctx.map(input.customers, (customer, inner) => inner.run(register, customer));
  return registered.map(({ customer: { name, addresses, tags }, since }) => {
    const home = addresses.find(({ isDefault }) => isDefault);
    return `${name} of ${home?.city}, since ${since.slice(0, 10)}, ${tags?.["orders"] ?? 0} orders`;
  });
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(welcome, {
  input: {
    customers: [
      { name: "Ada", addresses: [{ city: "London", isDefault: true }], tags: { orders: 3 } },
      { name: "Grace", addresses: [{ city: "Arlington", isDefault: true }, { city: "New York", isDefault: false }] },
    ],
  },
});
for (const line of (await run.result()).output ?? []) console.log(line);
await maestro.close();
