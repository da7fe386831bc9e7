/** The folder of a file, without a slash at its end; empty for a bare name. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Joins a folder and a relative path, resolving `.` and `..`. Separators are slashes. */
export function joinPath(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && (part !== "" || parts.length === 0)) parts.push(part);
  }
  const joined = parts.join("/");
  return folder === "" ? joined.replace(/^\//, "") : joined;
}

/** A folder and all those that it lies in, from the inside out. */
export function* foldersUp(folder: string): Generator<string> {
  for (let current = folder;; current = folderOf(current)) {
    yield current;
    if (current === "") return;
  }
}

/** A path with slashes, whatever system it comes from. */
export function toSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}
