import { type ErrorCode, MaestroError, toError } from "../../base/errors.ts";
import { canonicalJson } from "../../base/json.ts";

/** Throws unless two values are equal as JSON; `what` names the value. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [canonicalJson(actual ?? null), canonicalJson(expected ?? null)];
  if (seen !== wanted) throw new Error(`${what}: expected ${wanted}, saw ${seen}`);
}

/** Throws unless a promise rejects with a `MaestroError` of this code. */
export async function expectRejection(promise: Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  let answer: unknown;
  try {
    answer = await promise;
  } catch (error) {
    if (MaestroError.is(error, code)) return;
    throw new Error(`${what}: expected ${code}, saw ${toError(error).message}`, { cause: error });
  }
  throw new Error(`${what}: expected ${code}, saw ${canonicalJson(answer ?? null)}`);
}

/** Throws unless something comes true within a few seconds. */
export async function expectSoon(isTrue: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what}: did not happen within 5 s`);
}
