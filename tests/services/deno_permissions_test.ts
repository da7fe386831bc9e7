import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toFetchError } from "../../src/runtime/fetch_errors.ts";
import { explainConnectionError } from "../../src/services/grpc/connection_error.ts";

const REFUSAL = 'Requires net access to "127.0.0.1:1", run again with the --allow-net flag';

describe("a network that Deno does not allow", () => {
  it("toFetchError() knows that nothing was sent, and names the permission", () => {
    const denied = Object.assign(new Error(REFUSAL), { name: "NotCapable" });
    const unresolved = Object.assign(new Error("getaddrinfo EPERM shop"), { code: "EPERM", syscall: "getaddrinfo" });
    for (const error of [denied, unresolved]) {
      const { code, message, sent } = toFetchError(error, { secure: false, sent: true, stale: false });
      assert.deepEqual([code, sent], ["bad_input", false]);
      assert.match(message, /^Deno does not allow it: .* the --allow-net flag$/);
    }
  });

  it("toFetchError() leaves a firewall's refusal what it is", () => {
    const refused = Object.assign(new Error("connect EPERM 10.0.0.1:80"), { code: "EPERM", syscall: "connect" });
    assert.equal(toFetchError(refused, { secure: false, sent: false, stale: false }).code, "connection_refused");
  });

  it("explainConnectionError() tells it from a server that is away", () => {
    const details = `No connection established. Last error: NotCapable: ${REFUSAL}. Resolution note: `;
    assert.deepEqual(explainConnectionError(details, "127.0.0.1:1", false), {
      code: "bad_input",
      message: `Cannot connect to 127.0.0.1:1: Deno does not allow it: ${REFUSAL}`,
    });
    const away = "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ";
    assert.equal(explainConnectionError(away, "127.0.0.1:1", false).code, "UNAVAILABLE");
  });
});
