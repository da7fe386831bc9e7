import { asJson, NotJsonError } from "./base/as_json.ts";
import { MaestroError } from "./base/errors.ts";
import type { JsonValue } from "./base/json.ts";

/** What a caller gives, as JSON; `what` names it. @throws {MaestroError} `invalid_input` where JSON cannot keep it. */
export function givenJson(value: unknown, what: string): JsonValue {
  try {
    return asJson(value);
  } catch (thrown) {
    if (!(thrown instanceof NotJsonError)) throw thrown;
    throw new MaestroError("invalid_input", `${what} cannot be sent: ${thrown.message}`, {
      hint: "give objects, lists, text, numbers, true, false or null",
      cause: thrown,
    });
  }
}
