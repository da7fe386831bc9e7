import { toError } from "./errors.ts";

/** Says in words why a file could not be used: `no such file`. */
export function fileReason(thrown: unknown): string {
  const error = toError(thrown) as Error & { code?: string };
  switch (error.code) {
    case "ENOENT":
      return "no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a folder";
    case "ENOTDIR":
      return "a part of the path is not a folder";
    case "EROFS":
      return "the file system is read-only";
    case "ENOSPC":
      return "no space left on the device";
    default:
      return error.code ?? error.message.split("\n", 1)[0] ?? error.name;
  }
}
