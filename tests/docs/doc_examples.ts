import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../scripts/command.ts";

/** A symbol that the package exports, with the programs in its doc comment. */
export interface ExportedSymbol {
  readonly name: string;
  readonly kind: "class" | "function" | "interface" | "typeAlias" | "variable" | "module";
  readonly examples: readonly string[];
}

interface DocComment {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
}

interface Documentation {
  readonly nodes: Readonly<
    Record<string, {
      readonly module_doc?: DocComment;
      readonly symbols: readonly {
        readonly name: string;
        readonly declarations: readonly { readonly kind: ExportedSymbol["kind"]; readonly jsDoc?: DocComment }[];
      }[];
    }>
  >;
}

/** Reads what the modules export, and the TypeScript in their doc comments. */
export function readExportedSymbols(entries: readonly string[]): ExportedSymbol[] {
  const { status, stdout, stderr } = spawnSync(join(ROOT, "node_modules", ".bin", "deno"), [
    "doc",
    "--json",
    ...entries,
  ], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  const { nodes } = JSON.parse(stdout) as Documentation;
  return Object.entries(nodes).flatMap(([file, { module_doc: doc, symbols }]) => [
    { name: file.slice(file.lastIndexOf("/") + 1), kind: "module", examples: programsIn(doc) },
    ...symbols.map(({ name, declarations }): ExportedSymbol => ({
      name,
      kind: declarations[0]?.kind ?? "variable",
      examples: declarations.flatMap(({ jsDoc }) => programsIn(jsDoc)),
    })),
  ]);
}

function programsIn({ doc = "", tags = [] }: DocComment = {}): string[] {
  const texts = [doc, ...tags.filter(({ kind }) => kind === "example").map((tag) => tag.doc ?? "")];
  return texts.flatMap((text) => [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? ""));
}
