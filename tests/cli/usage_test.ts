import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { golden } from "./golden.ts";
import { runCli } from "./run_cli.ts";

describe("the command line", () => {
  it("explains itself", async () => {
    const { code, stdout } = await runCli(["help"]);
    assert.equal(code, 0);
    golden("help.txt", stdout);
    assert.equal((await runCli([])).stdout, stdout);
    assert.equal((await runCli(["--help"])).stdout, stdout);
  });

  it("explains a command", async () => {
    const { stdout } = await runCli(["help", "execute"]);
    golden("help_execute.txt", stdout);
    assert.match((await runCli(["run", "--help"])).stdout, /^USAGE\n {2}maestro run <FILE>\n/);
  });

  it("gives its version in two forms", async () => {
    assert.match((await runCli(["version"])).stdout, /^maestro \S+ \(/);
    assert.equal((await runCli(["--version"])).stdout, (await runCli(["version"])).stdout);
    const facts = JSON.parse((await runCli(["version", "-o", "json"])).stdout);
    assert.deepEqual(Object.keys(facts), ["version", "commit", "runtime", "runtime_version", "platform"]);
  });

  it("answers wrong usage with 2 and a word of advice", async () => {
    const mistakes: readonly (readonly string[])[] = [
      ["exceute", "a.yaml"],
      ["serve"],
      ["runs", "lsit"],
      ["runs", "show"],
      ["runs", "list", "--limit", "0"],
      ["runs", "list", "--since", "yesterday"],
      ["runs", "list", "--status", "completed,payed"],
      ["runs", "show", "none"],
      ["runs", "show", "0199aa-none"],
      ["runs", "resume"],
      ["runs", "resume", "some-run", "--all"],
      ["runs", "rerun", "some-run"],
      ["runs", "signal", "some-run"],
      ["runs", "prune"],
      ["runs", "prune", "--older-than", "30"],
      ["runs", "prune", "--older-than", "30d", "--status", "running"],
      ["why"],
      ["diff"],
      ["execute"],
      ["execute", "a.yaml", "b.yaml"],
      ["execute", "a.yaml", "--inptu", "{}"],
      ["execute", "a.yaml", "-x"],
      ["execute", "a.yaml", "--wat"],
      ["--quiet", "exceute", "a.yaml"],
      ["execute", "a.yaml", "--timeout"],
      ["execute", "a.yaml", "--timeout", "5"],
      ["execute", "a.yaml", "--log-format", "xml"],
      ["execute", "a.yaml", "--log-level", "debgu"],
      ["execute", "a.yaml", "--id", "a", "--id", "b"],
      ["execute", "a.yaml", "--endpoint", "auth"],
      ["execute", "-", "--input", "-"],
      ["validate"],
      ["validate", "a.yaml", "--format", "xml"],
      ["completion", "fihs"],
      ["version", "extra"],
    ];
    let text = "";
    for (const args of mistakes) {
      const { code, stdout, stderr } = await runCli(args);
      assert.deepEqual({ args, code, stdout }, { args, code: 2, stdout: "" });
      text += `$ maestro ${args.join(" ")}\n${stderr}\n`;
    }
    golden("wrong_usage.txt", text);
  });

  it("takes flags in front of the command for the command's own", async () => {
    const stdin = 'name: x\nsteps:\n  - { log: hello }\noutput: "{{ .input.a }}"\n';
    for (
      const args of [
        ["--quiet", "execute", "--input", '{"a":"execute"}', "-"],
        ["--input", '{"a":"execute"}', "-q", "execute", "-"],
        ["--set=a=execute", "--quiet", "run", "-"],
      ]
    ) {
      assert.deepEqual(await runCli(args, { stdin }), { code: 0, stdout: '"execute"\n', stderr: "" });
    }
    const help = await runCli(["--help", "execute"]);
    assert.deepEqual(help, await runCli(["help", "execute"]));
  });

  it("proposes what may follow", async () => {
    const proposals = async (...words: string[]): Promise<readonly string[]> =>
      (await runCli(["__complete", ...words])).stdout.split("\n").map((line) => line.split("\t")[0]!).filter(Boolean);
    assert.deepEqual(await proposals("val"), ["validate"]);
    assert.deepEqual(await proposals("execute", "--sec"), ["--secrets-file"]);
    assert.deepEqual(await proposals("graph", "--format", "s"), ["svg"]);
    for (const shell of ["bash", "zsh", "fish"]) {
      assert.match((await runCli(["completion", shell])).stdout, /__complete/);
    }
  });
});
