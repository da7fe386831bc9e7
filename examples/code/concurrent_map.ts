// Many items, so many at a time; the first error ends it all, and nothing more is begun.
import { activity, createMaestro, createRuntime, TerminalError, workflow } from "maestro";

let busy = 0;
let most = 0;
const begun: string[] = [];

const convert = activity("convert", async (file: string) => {
  begun.push(file);
  most = Math.max(most, ++busy);
  await new Promise((resolve) => setTimeout(resolve, 2));
  busy--;
  if (file === "broken.png") throw new TerminalError("broken.png is no picture", { code: "bad_picture" });
  return file.replace(".png", ".webp");
});

const gallery = workflow(
  "gallery",
  { version: "1" },
  (ctx, files: readonly string[]) => ctx.map(files, (file, inner) => inner.run(convert, file), { concurrency: 2 }),
);

const maestro = createMaestro({ runtime: await createRuntime() });
const good = await (await maestro.start(gallery, { input: ["a.png", "b.png", "c.png", "d.png"] })).result();
console.log(good.output?.join(" "), `at most ${most} at a time`);

begun.length = 0;
const files = ["broken.png", "b.png", "c.png", "d.png", "e.png"];
const bad = await (await maestro.start(gallery, { input: files })).result();
console.log(bad.status, bad.error?.code, begun.length < files.length);
await maestro.close();
