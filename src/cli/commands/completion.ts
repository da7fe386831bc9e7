import { MaestroError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { Cli } from "../cli.ts";

/**
 * The scripts ask the program itself: `maestro __complete WORD…` prints a proposal a line, with what it means behind a tab. Where there
 * is none they complete file names.
 */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_maestro() {
  local word="\${COMP_WORDS[COMP_CWORD]}" proposals
  proposals="$(maestro __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)"
  COMPREPLY=($(compgen -W "$proposals" -- "$word"))
}
complete -o bashdefault -o default -F _maestro maestro
`,
  zsh: `#compdef maestro
_maestro() {
  local -a proposals
  local line
  while IFS= read -r line; do
    proposals+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(maestro __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#proposals} )); then _describe maestro proposals; else _files; fi
}
if [ "\${funcstack[1]}" = "_maestro" ]; then _maestro "$@"; else compdef _maestro maestro; fi
`,
  fish: `function __maestro_complete
  set -l words (commandline -opc) (commandline -ct)
  maestro __complete $words[2..-1] 2>/dev/null
end
complete -c maestro -a '(__maestro_complete)'
`,
};

/** Prints a script for a shell to source. */
export function completion({ host }: Cli, _flags: unknown, shell: string): Promise<number> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) {
    throw new MaestroError("usage", `There is no completion for "${shell}"`, {
      hint: didYouMean(shell, Object.keys(SCRIPTS)) ?? "the shells are bash, zsh and fish",
    });
  }
  host.stdout.write(script);
  return Promise.resolve(0);
}
