import type { DocumentPath, Issue } from "../base/diagnostics.ts";

/** Keys of the language that the next release brings, with where they stand. */
const COMING: ReadonlyMap<string, "top" | "step" | "compensate"> = new Map([
  ["durability", "top"],
  ["sleep", "step"],
  ["sleep_until", "step"],
  ["wait_for", "step"],
  ["workflow", "step"],
  ["pivot", "step"],
  ["at_most_once", "step"],
  ["reconcile", "compensate"],
]);

/** Reports a key that belongs to the language but not to this release; gives whether it is one. */
export function checkNotYet(issues: Issue[], key: string, path: DocumentPath): boolean {
  const place = COMING.get(key);
  if (place === undefined) return false;
  const isThere = place === "top"
    ? path.length === 1
    : place === "step"
    ? typeof path.at(-2) === "number"
    : path.at(-2) === "compensate";
  if (!isThere) return false;
  issues.push({
    severity: "error",
    code: "not_yet_supported",
    message: `"${key}" is not supported by this release yet`,
    hint: "it is part of the language and comes with the next release",
    path,
    onKey: true,
  });
  return true;
}
