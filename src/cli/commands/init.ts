import { MaestroError, toError } from "../../base/errors.ts";
import { WORKFLOW_SCHEMA } from "../../yaml/schema.ts";
import type { Cli } from "../cli.ts";
import { fileReason } from "../../base/file_reason.ts";
import { STARTER_INPUT, STARTER_WORKFLOW } from "../starter.ts";

/** Writes a starter project; overwrites nothing. */
export async function init({ host }: Cli, _flags: unknown, folder = "."): Promise<number> {
  const project = [
    ["workflow.yaml", STARTER_WORKFLOW],
    ["input.json", STARTER_INPUT],
    ["workflow.schema.json", `${JSON.stringify(WORKFLOW_SCHEMA, null, 2)}\n`],
  ] as const;
  const place = (name: string): string => folder === "." ? name : `${folder.replace(/\/+$/, "")}/${name}`;
  for (const [name] of project) {
    if (await host.files.exists(place(name))) throw alreadyThere(place(name));
  }
  for (const [name, text] of project) {
    await host.files.create(place(name), text).catch((thrown) => {
      const error = toError(thrown) as Error & { code?: string };
      if (error.code === "EEXIST") throw alreadyThere(place(name));
      throw new MaestroError("usage", `Cannot write "${place(name)}": ${fileReason(error)}`, { cause: error });
    });
    host.stdout.write(`created ${place(name)}\n`);
  }
  const path = place("workflow.yaml");
  host.stdout.write(
    `\nTry it:\n  maestro validate ${path}\n  maestro execute ${path} --input @${place("input.json")}\n`,
  );
  return 0;
}

function alreadyThere(path: string): MaestroError {
  return new MaestroError("usage", `"${path}" exists already, and nothing is overwritten`, {
    hint: "name another folder: maestro init my-project",
  });
}
