import process from "node:process";

/** What stands before the name of a script on the runtime that this test runs on. */
export function scriptArguments(): readonly string[] {
  const { versions } = process;
  if (versions["bun"] !== undefined) return ["--no-install"];
  return versions["deno"] !== undefined ? ["run", "-A", "--no-check"] : [];
}
