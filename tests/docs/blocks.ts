/** A fenced block of a Markdown document, and what the words after its language ask for. */
export interface Block {
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** `run`: a shell block is executed, a YAML block validated as a workflow. */
  readonly isRun: boolean;
  /** `output`: the exact standard output of the shell block before it. */
  readonly isOutput: boolean;
  /** `stderr`: the standard error of the shell block before it, but for times, ids, and what the shell says of a killed program. */
  readonly isStderr: boolean;
  /** `with=EXAMPLE` or `with=EXAMPLE:SERVICE,…`: these services listen while the shell block runs, and `maestro` finds them. */
  readonly services: string | undefined;
  /** `file=NAME`: saved under that name for the shell blocks after it. */
  readonly file: string | undefined;
  /** `exit=N`: the exit code that the block ends with. */
  readonly exit: number;
}

const WORDS = "run, output, stderr, file=NAME, with=EXAMPLE and exit=N";

const FENCE = /^(?<indent> *)(?<ticks>`{3,})(?<info>[^`]*)$/;

/** Reads the fenced blocks of a document; throws where a block asks for something that is not known. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open:
    | { readonly line: number; readonly indent: string; readonly ticks: string; readonly info: string }
    | undefined;
  let lines: string[] = [];
  for (const [index, line] of markdown.split("\n").entries()) {
    const { indent = "", ticks = "", info = "" } = FENCE.exec(line)?.groups ?? {};
    if (open === undefined) {
      if (ticks !== "") open = { line: index + 1, indent, ticks, info };
      lines = [];
    } else if (ticks.length >= open.ticks.length && info.trim() === "") {
      blocks.push(readBlock(open.line, open.info, lines.join("\n")));
      open = undefined;
    } else {
      lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  }
  if (open !== undefined) throw new Error(`the block of line ${open.line} has no end`);
  return blocks;
}

function readBlock(line: number, info: string, text: string): Block {
  const [language = "", ...words] = info.trim().split(/\s+/);
  const block = { line, language, text: `${text}\n`, isRun: false, isOutput: false, isStderr: false, exit: 0 };
  let file: string | undefined;
  let services: string | undefined;
  for (const word of words) {
    const [key, value = ""] = word.split("=", 2);
    if (word === "run") block.isRun = true;
    else if (word === "output") block.isOutput = true;
    else if (word === "stderr") block.isStderr = true;
    else if (key === "file" && /^[\w.-]+$/.test(value)) file = value;
    else if (key === "with" && /^\w+(:[\w,]+)?$/.test(value)) services = value;
    else if (key === "exit" && /^\d+$/.test(value)) block.exit = Number(value);
    else throw new Error(`line ${line}: a block cannot be "${word}"; it can be ${WORDS}`);
  }
  if (block.isRun && !["bash", "sh", "yaml"].includes(language)) {
    throw new Error(`line ${line}: only bash, sh and yaml blocks run, not "${language}"`);
  }
  return { ...block, file, services };
}
