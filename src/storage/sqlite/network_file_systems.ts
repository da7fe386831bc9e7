/** Kinds of file systems, by Linux's numbers, whose locks and shared memory do not hold between machines. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x73757245, "Coda"],
  [0x564c, "NCP"],
  [0x01021997, "9p"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
]);

/** Names a network file system by Linux's number for it; `undefined` for all others. */
export function networkFileSystem(type: number): string | undefined {
  // Some runtimes give the number as one with a sign.
  return NETWORK.get(type >>> 0);
}
