// A run is cancelled: what it waits for ends, what it has done is undone, and `shielded` work is done all the same.
import { activity, CancelledError, createMaestro, createRuntime, workflow } from "maestro";

const book = activity("book", (room: string) => `room ${room}`, {
  compensate: ({ output }) => console.log(`gives back ${output}`),
});
const tell = activity("tell", (text: string) => console.log(text));

const { promise: booked, resolve: isBooked } = Promise.withResolvers<void>();

const stay = workflow("stay", { version: "1" }, async (ctx, room: string) => {
  await ctx.run(book, room);
  isBooked();
  try {
    await ctx.sleep("24h");
  } catch (error) {
    if (error instanceof CancelledError) await ctx.shielded().run(tell, "the guest has been told");
    throw error;
  }
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(stay, { input: "12" });
await booked;
run.cancel();
const { status, cause } = await run.result();
console.log(status, cause);
await maestro.close();
