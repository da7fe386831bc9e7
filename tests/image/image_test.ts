import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { runCommand } from "../../scripts/command.ts";
import { compiledProgram } from "../cli/compiled_program.ts";
import { createScratchFolder } from "../cli/scratch_folder.ts";
import { startShop } from "../cli/shop_server.ts";
import { sagaWorkflow } from "../cli/workflows.ts";
import { makeTlsFiles } from "../servers/tls_files.ts";
import type { CliResult } from "../cli/run_cli.ts";
import { type Container, ContainerHost, type ImageSettings, type Mount, reasonToSkipImages } from "./container.ts";

const skip = process.versions["bun"] === undefined
  ? "the same image whatever runs the test; built once, on Bun"
  : reasonToSkipImages() ?? false;
const timeout = 120_000;

const folder = createScratchFolder();
const host = new ContainerHost(folder.path);
const workflows = join(folder.path, "workflows");
let settings: ImageSettings;

before(async () => {
  if (skip !== false) return;
  const ids = [];
  for (const file of ["first", "second"].map((name) => join(folder.path, name))) {
    const args = ["--program", await compiledProgram(), "--storage", folder.path, "--iidfile", file];
    const { code, output } = await runCommand("node", ["scripts/build_image.ts", ...args], { timeoutMs: timeout });
    assert.equal(code, 0, output);
    ids.push(readFileSync(file, "utf8"));
  }
  assert.equal(ids[0], ids[1], "the same files give the same image");
  settings = await host.use(ids[0]!);
  mkdirSync(workflows);
  writeFileSync(join(workflows, "saga.yaml"), sagaWorkflow());
  writeFileSync(
    join(workflows, "secure.yaml"),
    'name: secure\nservices: { shop: { type: http, endpoint: "https://localhost:1" } }\n' +
      'steps: [{ service: shop, method: GET /, output: answer }]\noutput: "{{ .answer }}"\n',
  );
  // The folder of a test is its user's alone, and in the container another user reads it.
  chmodSync(folder.path, 0o755);
});

after(async () => {
  if (skip === false) await host.close();
  folder.remove();
});

/** Starts the program with the workflows in its working folder and, if said, a volume for the store. */
function start(args: readonly string[], volume?: string, more: readonly Mount[] = []): Container {
  const store = volume === undefined ? [] : [{ source: volume, destination: "/var/lib/maestro", isWritable: true }];
  return host.start(args, [{ source: workflows, destination: settings.WorkingDir }, ...store, ...more]);
}

function maestro(...args: readonly string[]): Promise<CliResult> {
  return start(args).ended;
}

describe("the container image", () => {
  it("holds the program, what it is linked with, and nothing else", { skip, timeout }, () => {
    const files = readdirSync(host.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile()).map(({ name }) => name).sort();
    const linker = files.find((name) => name.startsWith("ld-linux"));
    assert.deepEqual(
      files.filter((name) => name !== linker),
      [
        ...["ca-certificates.crt", "group", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"],
        ...["maestro", "passwd"],
      ],
    );
    assert.notEqual(linker, undefined);
    assert.match(readFileSync(join(host.root, "etc/passwd"), "utf8"), /^maestro:x:65532:65532:/);
  });

  it("says how it wants to be run", { skip, timeout }, () => {
    assert.deepEqual([settings.User, settings.StopSignal], ["65532:65532", "SIGTERM"]);
    assert.deepEqual(Object.keys(settings.Volumes), ["/var/lib/maestro"]);
    assert.match(settings.Labels["org.opencontainers.image.version"]!, /^\d+\.\d+\.\d+$/);
    assert.match(settings.Labels["org.opencontainers.image.revision"]!, /^([0-9a-f]{12}(-modified)?)?$/);
    assert.equal(settings.Labels["org.opencontainers.image.licenses"], "MIT");
  });

  it("tells its version, and how to use it", { skip, timeout }, async () => {
    const version = await maestro("version");
    assert.equal(version.code, 0, version.stderr);
    assert.match(version.stdout, /^maestro \d+\.\d+\.\d+ \(/);
    const help = await maestro();
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, /maestro execute/);
  });

  it("validates a workflow and finds nothing to complain about in its surroundings", { skip, timeout }, async () => {
    const { code, stdout, stderr } = await maestro("validate", "saga.yaml");
    assert.deepEqual([code, stdout], [0, "saga.yaml: valid (3 steps, 1 service)\n"], stderr);
    const doctor = await start(["doctor"], host.createVolume("doctor")).ended;
    assert.equal(doctor.code, 0, doctor.stdout);
    assert.match(doctor.stdout, /✓ state folder +\/var\/lib\/maestro can be written/);
    assert.match(doctor.stdout, /✓ config file +none \(\/etc\/maestro\/config\.yaml\)/);
  });

  it("keeps the store in its volume, and nothing else", { skip, timeout }, async () => {
    const shop = await startShop();
    const volume = host.createVolume("plain");
    // By name: the C library must find it without files that the image does not have.
    const endpoint = `shop=http://localhost:${new URL(shop.url).port}`;
    const { code, stdout, stderr } = await start(["execute", "saga.yaml", "-s", "order=1", "-e", endpoint], volume)
      .ended;
    await shop.close();
    assert.deepEqual([code, stdout], [0, '{"order":1,"shipment":"3"}\n'], stderr);
    for (const name of readdirSync(volume)) assert.match(name, /^maestro\.db(-wal|-shm|-workers)?$/);
  });

  it("says so when there is no place for the store", { skip, timeout }, async () => {
    const { code, stderr } = await maestro("execute", "saga.yaml", "--set", "order=1");
    assert.equal(code, 7, stderr);
    assert.match(stderr, /^error\[store_unavailable\] /);
  });

  it("trusts the authorities of the file that is mounted in place of its own", { skip, timeout }, async () => {
    const files = await makeTlsFiles();
    const server = createServer({ cert: files.cert, key: files.key }, (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('"secure"');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const args = ["execute", "secure.yaml", "--store", "memory:", "-e", `shop=https://localhost:${port}`];
    const mounted = { source: files.certPath, destination: "/etc/ssl/certs/ca-certificates.crt" };
    const trusted = await start(args, undefined, [mounted]).ended;
    const distrusted = await start([...args, "--timeout", "20s"]).ended;
    server.close();
    await files.remove();
    assert.deepEqual([trusted.code, trusted.stdout], [0, '"secure"\n'], trusted.stderr);
    assert.equal(distrusted.code, 1, distrusted.stderr);
  });

  it("goes on in a second container with the volume of one that was killed", { skip, timeout }, async () => {
    const answers: Record<string, "hang" | { body: unknown }> = { "POST /pay": "hang" };
    const shop = await startShop(answers);
    const volume = host.createVolume("killed");
    const first = start(["execute", "saga.yaml", "--id", "one", "-s", "order=1", "-e", `shop=${shop.url}`], volume);
    await shop.arrived(2);
    await first.signal("KILL");
    assert.equal((await first.ended).code, 137);
    answers["POST /pay"] = { body: { id: "p" } };
    const { code, stdout, stderr } = await start(["runs", "resume", "one"], volume).ended;
    await shop.close();
    assert.deepEqual([code, stdout], [0, '{"order":1,"shipment":"4"}\n'], stderr);
    assert.deepEqual(
      shop.calls.map(({ method, path }) => `${method} ${path}`),
      ["POST /reserve", "POST /pay", "POST /pay", "POST /ship"],
    );
  });

  it("lets go of a run when it is stopped, within ten seconds", { skip, timeout }, async () => {
    const answers: Record<string, "hang" | { body: unknown }> = { "POST /ship": "hang" };
    const shop = await startShop(answers);
    const volume = host.createVolume("stopped");
    const first = start(["execute", "saga.yaml", "--id", "one", "-s", "order=1", "-e", `shop=${shop.url}`], volume);
    await shop.arrived(3);
    await first.signal("TERM");
    // What an engine does to a container that has not ended by then.
    const limit = setTimeout(() => void first.signal("KILL"), 10_000);
    const stopped = await first.ended;
    clearTimeout(limit);
    assert.equal(stopped.code, 143, stopped.stderr);
    assert.equal(stopped.stdout, "");
    assert.deepEqual(shop.calls.length, 3, "nothing is undone");
    answers["POST /ship"] = { body: { id: "s" } };
    const { code, stdout, stderr } = await start(["runs", "resume", "one"], volume).ended;
    await shop.close();
    assert.deepEqual([code, stdout], [0, '{"order":1,"shipment":"s"}\n'], stderr);
    assert.equal(shop.calls.length, 4);
  });
});
