import { join } from "node:path";

/** The arguments by which buildah keeps images in a folder of their own; none for the machine's own store of images. */
export function storageArguments(folder: string | undefined): readonly string[] {
  return folder === undefined ? [] : ["--root", join(folder, "images"), "--runroot", join(folder, "running")];
}
