import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { commandOf, examplePath, EXAMPLES, PROGRAMS } from "../../examples/catalogue.ts";
import { ROOT } from "../../scripts/command.ts";

interface ComposeService {
  readonly image?: string;
  readonly build?: string | { readonly context: string; readonly dockerfile_inline: string };
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [setting: string]: unknown;
}

const compose: {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
} = parse(readFileSync(join(ROOT, "compose.yaml"), "utf8"), { merge: true });
const { maestro, ...others } = compose.services;
const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");

describe("compose.yaml", () => {
  it("runs the services of the example, each on the address that Maestro is given", () => {
    assert.deepEqual(Object.keys(others).sort(), Object.values(EXAMPLES["loan_application"]!).sort());
    const addresses = Object.entries(others).map(([name, { environment }]) => {
      const scheme = PROGRAMS[name]!.protocol === "http" ? "http://" : "";
      assert.equal(environment["HOST"], "0.0.0.0");
      return `${name}=${scheme}${name}:${environment["PORT"]}`;
    });
    assert.equal(maestro!.environment["MAESTRO_ENDPOINT"], addresses.join(","));
  });

  it("starts each service as the examples do, from files that are there", () => {
    for (const [name, { image, build, command }] of Object.entries(others)) {
      assert.notEqual(image === undefined, build === undefined, name);
      // The folders and the interpreter differ, the program does not.
      const started = commandOf(PROGRAMS[name]!).at(-1)!;
      assert.ok(started.endsWith(command!.at(-1)!), `${name}: ${started}`);
      const text = typeof build === "object" ? build.dockerfile_inline : "";
      for (const [, from] of text.matchAll(/^COPY (\S+) /gm)) assert.ok(existsSync(join(ROOT, from!)), from);
    }
    assert.ok(existsSync(examplePath("services/python/requirements.txt")));
  });

  it("waits for each service until it listens", () => {
    assert.deepEqual(Object.keys(maestro!.depends_on!), Object.keys(others));
    for (const { condition } of Object.values(maestro!.depends_on!)) assert.equal(condition, "service_healthy");
    for (const [name, { healthcheck }] of Object.entries(others)) assert.equal(healthcheck?.test[0], "CMD", name);
  });

  it("keeps the store in the volume of the image, and nothing else can be written", () => {
    const volume = /^VOLUME (\S+)$/m.exec(dockerfile)?.[1];
    const folder = /^WORKDIR (\/workflows)$/m.exec(dockerfile)?.[1];
    assert.deepEqual(maestro!.volumes, [`./examples/loan_application:${folder}:ro`, `state:${volume}`]);
    assert.deepEqual(Object.keys(compose.volumes), ["state"]);
    assert.deepEqual([maestro!["read_only"], maestro!["cap_drop"]], [true, ["ALL"]]);
    assert.match(dockerfile, /^USER 65532:65532$/m);
  });
});
