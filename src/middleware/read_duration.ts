import { MaestroError } from "../base/errors.ts";
import { type Duration, milliseconds } from "../plan/retry_options.ts";

/** Reads a length of time. @throws {MaestroError} `usage` that names `what`, where it is none. */
export function readDuration(value: Duration, what: string): number {
  const ms = value === 0 ? 0 : milliseconds(value);
  if (ms !== undefined) return ms;
  throw new MaestroError("usage", `${what} is ${JSON.stringify(value)}, which is no length of time`, {
    hint: 'give milliseconds, or text such as "30s"',
  });
}
