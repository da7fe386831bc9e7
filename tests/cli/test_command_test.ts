import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { golden } from "./golden.ts";
import { runCli } from "./run_cli.ts";
import { createScratchFolder, type ScratchFolder } from "./scratch_folder.ts";
import { spawnCli } from "./spawn_cli.ts";

const WORKFLOW = `
name: order
services:
  shop: { type: http, endpoint: "http://{{ env.SHOP }}", retry: { attempts: 3, initial: 10s, jitter: 0 } }
steps:
  - { id: pay, service: shop, method: POST /payments, input: { amount: "{{ .input.amount }}" }, output: payment,
      compensate: { method: "DELETE /payments/{{ .payment.id }}" } }
  - { id: gift, when: "{{ .input.amount > 100 }}", service: shop, method: POST /gifts }
  - { id: approval, wait_for: { signal: approved }, timeout: 720h, output: approval }
  - { id: ship, service: shop, method: POST /parcels }
`;

const TESTS = `
workflow: ./order.yaml
defaults: { input: { amount: 30 } }
mocks:
  shop.POST /payments: { returns: { id: 7 } }
  shop.DELETE /payments/*: { returns: null }
  shop.POST /parcels: { returns: { parcel: 9 } }
  steps.gift: { returns: null }
cases:
  - name: ships what was approved
    signals: [{ at: 48h, name: approved, data: { by: Ann } }]
    expect:
      output: { payment: { id: 7 }, approval: { by: Ann } }
      calls: [{ step: pay, input: { amount: 30 } }, { step: ship }]
      skipped: [gift]
      compensated: []
      duration: 48h
  - name: pays at the third try
    mocks: { steps.pay: { fails: { code: http_503, times: 2 }, returns: { id: 8 } } }
    signals: [{ at: 1h, name: approved }]
    expect: { calls: { steps.pay: 3, "shop.POST /parcels": 1 }, duration: 1h }
  - name: undoes the payment when nobody approves
    expect: { status: compensated, error: { code: timeout, step: approval }, compensated: [pay], duration: 720h }
  - name: can be cancelled
    cancel_at: 2h
    expect: { status: compensated, compensated: [pay], duration: 2h }
`;

describe("maestro test", () => {
  let folder: ScratchFolder;
  before(() => {
    folder = createScratchFolder();
    folder.write("order.yaml", WORKFLOW);
    folder.write("order.test.yaml", TESTS);
  });
  after(() => folder.remove());

  const write = (name: string, change: (text: string) => string): string => folder.write(name, change(TESTS));
  const plain = (text: string): string => text.replaceAll(`${folder.path}/`, "");

  it("passes where every case comes to what is expected, whatever time that takes", async () => {
    const { code, stdout, stderr } = await runCli(["test", join(folder.path, "order.test.yaml")]);
    assert.deepEqual([code, stderr], [0, ""]);
    golden("test.txt", plain(stdout));
  });

  it("fails where a case does not, and says what came instead", async () => {
    const file = write(
      "failing.test.yaml",
      (text) =>
        text.replace("by: Ann } }]", "by: Bob } }]").replace("steps.pay: 3", "steps.pay: 2")
          .replace("[pay], duration: 720h", "[ship], duration: 1h").replace(
            "status: compensated, compensated",
            "compensated",
          ),
    );
    const { code, stdout } = await runCli(["test", file]);
    assert.equal(code, 1);
    golden("test_failing.txt", plain(stdout));
  });

  it("finds test files in and below folders", async () => {
    mkdirSync(join(folder.path, "deep", "er"), { recursive: true });
    mkdirSync(join(folder.path, "deep", "node_modules"));
    write(join("deep", "er", "a.test.yaml"), (text) => text.replace("./order", "../../order"));
    write(join("deep", "node_modules", "b.test.yaml"), (text) => text);
    const { code, stdout } = await runCli(["test", join(folder.path, "deep"), "--filter", "third"]);
    assert.equal(code, 0);
    assert.equal(plain(stdout), "deep/er/a.test.yaml\n  ✓ pays at the third try  4 calls, 1h\n1 case: 1 passed\n");
  });

  it("tells every problem of a file with its place, and runs nothing of it", async () => {
    const file = write(
      "wrong.test.yaml",
      (text) =>
        text.replace("defaults:", "default:").replace("steps.gift", "steps.gfit").replace(
          "cancel_at: 2h",
          "cancel_at: 2",
        )
          .replace("times: 2 }", "times: 0 }").replace("can be cancelled", "ships what was approved"),
    );
    const { code, stdout, stderr } = await runCli(["test", file]);
    assert.deepEqual([code, stdout], [3, ""]);
    golden("test_wrong.txt", plain(stderr));
  });

  it("tells names that mean nothing in the workflow", async () => {
    const file = write(
      "stray.test.yaml",
      (text) =>
        text.replace("steps.gift", "steps.gfit").replace("shop.POST /parcels:", "shop.POST /parcel:")
          .replace("skipped: [gift]", "skipped: [gifts]"),
    );
    const { code, stderr } = await runCli(["test", file]);
    assert.equal(code, 3);
    const found = [...plain(stderr).matchAll(/error\[(\w+)\] (.*)\n[\s\S]*?hint: (.*)/g)].map(([, ...parts]) => parts);
    assert.deepEqual(found, [
      ["unknown_call", 'Nothing in the workflow calls "shop.POST /parcel"', 'did you mean "shop.POST /parcels"?'],
      ["unknown_step", 'The workflow has no step "gfit"', 'did you mean "gift"?'],
      ["unknown_step", 'The workflow has no step "gifts"', 'did you mean "gift"?'],
    ]);
  });

  it("tells what is wrong with the workflow, or that it is not there", async () => {
    folder.write("broken.yaml", WORKFLOW.replace("endpoint:", "endpont:"));
    const broken = await runCli([
      "test",
      write("broken.test.yaml", (text) => text.replace("order.yaml", "broken.yaml")),
    ]);
    assert.equal(broken.code, 3);
    assert.match(broken.stderr, /broken\.yaml:4:\d+: error\[unknown_key\]/);
    const absent = await runCli([
      "test",
      write("absent.test.yaml", (text) => text.replace("order.yaml", "absent.yaml")),
    ]);
    assert.equal(absent.code, 3);
    assert.match(absent.stderr, /absent\.test\.yaml:2:11: error\[file_not_readable\] Cannot read "\.\/absent\.yaml"/);
  });

  it("is used wrongly without any test, and with a filter that fits none", async () => {
    mkdirSync(join(folder.path, "empty"));
    for (const args of [[join(folder.path, "empty")], [join(folder.path, "order.test.yaml"), "--filter", "no such"]]) {
      const { code, stdout, stderr } = await runCli(["test", ...args]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /There are no tests in|No case has "no such" in its name/);
    }
  });

  it("answers with JSON, and writes JUnit XML", async () => {
    const file = write("both.test.yaml", (text) => text.replace("steps.pay: 3", "steps.pay: 2"));
    const junit = join(folder.path, "made", "junit.xml");
    for (let time = 0; time < 2; time++) {
      const { code, stdout } = await runCli(["test", file, "-o", "json", "--junit", junit]);
      assert.equal(code, 1);
      const { passed, failed, files: [{ workflow, cases }] } = JSON.parse(stdout);
      assert.deepEqual([passed, failed, workflow], [3, 1, "order"]);
      assert.deepEqual(cases[0].run, {
        status: "completed",
        output: { payment: { id: 7 }, approval: { by: "Ann" } },
        error: null,
        duration_ms: 172_800_000,
      });
      assert.match(cases[1].problems[0], /^calls of steps\.pay: 2 calls expected, but there were 3/);
      assert.equal(cases[1].calls[1].time, "2025-01-01T00:00:10.000Z");
    }
    const xml = readFileSync(junit, "utf8");
    assert.match(xml, /<testsuites name="maestro test" tests="4" failures="1">/);
    assert.match(xml, /<testcase classname="order" name="can be cancelled" time="7200"\/>/);
    assert.match(xml, /<failure message="calls of steps\.pay: 2 calls expected, but there were 3">/);
  });

  it("tells what no case reaches", async () => {
    const { code, stdout } = await runCli(["test", join(folder.path, "order.test.yaml"), "--coverage"]);
    assert.equal(code, 0);
    assert.match(stdout, /coverage: steps 75% \(3 of 4\), branches 50% \(1 of 2\), compensations 100% \(1 of 1\)/);
    assert.match(stdout, /not reached: step gift\n {4}not reached: step gift: `when` holds\n/);
  });

  it("tells what went wrong on purpose, and what is not as it has to be after it", async () => {
    const sound = await runCli(["test", join(folder.path, "order.test.yaml"), "--chaos"]);
    assert.equal(sound.code, 0, sound.stdout);
    assert.match(sound.stdout, /✓ ships what was approved: \d\d faults, each ended well/);
    // Nobody has ever tried to give the money back.
    const file = write(
      "chaos.test.yaml",
      (text) =>
        text.replace("DELETE /payments/*: { returns: null }", "DELETE /payments/*: { fails: { code: http_405 } }")
          .replace(/ {2}- name: undoes[\s\S]*/, ""),
    );
    const { code, stdout } = await runCli(["test", file, "--chaos", "--filter", "approved"]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /ship fails 3 times before its effect \(seed maestro\)\n {8}it ended compensation_failed, and may only/,
    );
    assert.match(stdout, /1 case: 1 passed; \d+ faults, \d+ did not end well/);
  });

  it("works as a process", async () => {
    const { code, stdout } = await spawnCli(["test", join(folder.path, "order.test.yaml")]).ended;
    assert.equal(code, 0);
    assert.match(stdout, /4 cases: 4 passed/);
  });

  it("prints its schema for editors", async () => {
    const { code, stdout } = await runCli(["schema", "test"]);
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).title, "tests of a Maestro workflow");
  });
});
