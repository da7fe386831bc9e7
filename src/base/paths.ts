/** The folder of a file, without a slash at its end; empty for a bare name. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Joins a folder and a path, resolving `.` and `..`; an absolute path stands for itself. Separators are slashes. */
export function joinPath(folder: string, path: string): string {
  const whole = folder === "" || path.startsWith("/") || DRIVE.test(path) ? path : `${folder}/${path}`;
  const root = whole.startsWith("/") ? "/" : "";
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (root === "") parts.push(part);
  }
  return root + parts.join("/");
}

/** How absolute paths begin on Windows. */
const DRIVE = /^[A-Za-z]:[\\/]/;

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
