/** An entry of `package-lock.json`. */
interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A lock file of npm. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** What a bill of materials is about. */
export interface BillSubject {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly commit: string | undefined;
  /** Seconds since 1970. */
  readonly date: number;
}

/**
 * Lists everything that a release is made of, as CycloneDX 1.6 in JSON: the packages of the lock file that are not for development alone,
 * and the runtime that the programs carry. The same lock file gives the same text.
 */
export function billOfMaterials(subject: BillSubject, lock: LockFile, runtime: string): unknown {
  const packages = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.dev !== true);
  const carried = lock.packages[`node_modules/${runtime}`];
  if (carried?.version === undefined) throw new Error(`"${runtime}" is not in the lock file`);
  const root = purl(subject.name, subject.version);
  const components = [
    ...packages.map(([path, entry]) => component("library", nameOf(path), entry)),
    component("platform", runtime, carried),
  ].sort((a, b) => a["bom-ref"] < b["bom-ref"] ? -1 : 1);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(subject.date * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": root,
        name: subject.name,
        version: subject.version,
        licenses: [{ license: { id: subject.license } }],
        purl: root,
        ...(subject.commit === undefined ? {} : { properties: [{ name: "maestro:commit", value: subject.commit }] }),
      },
    },
    components: components.filter(({ "bom-ref": ref }, index) => components[index - 1]?.["bom-ref"] !== ref),
    dependencies: [
      { ref: root, dependsOn: [...needs(lock, ""), purl(runtime, carried.version)].sort() },
      ...packages.map(([path, { version }]) => ({ ref: purl(nameOf(path), version!), dependsOn: needs(lock, path) })),
    ].filter(({ ref }, index, all) => all.findIndex((other) => other.ref === ref) === index),
  };
}

function component(type: string, name: string, { version, integrity, license }: LockedPackage) {
  const ref = purl(name, version!);
  const [algorithm, digest] = integrity?.split("-", 2) ?? [];
  return {
    type,
    "bom-ref": ref,
    name,
    version: version!,
    ...(algorithm === "sha512" && digest !== undefined
      ? { hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }] }
      : {}),
    ...(license === undefined ? {} : { licenses: [licenseOf(license)] }),
    purl: ref,
  };
}

function licenseOf(text: string): unknown {
  return /^[\w.+-]+$/.test(text) ? { license: { id: text } } : { expression: text };
}

/** The references of what a package asks for: each dependency as Node would find it from there. */
function needs(lock: LockFile, path: string): readonly string[] {
  return Object.keys(lock.packages[path]?.dependencies ?? {}).map((name) => {
    for (
      let folder = path;
      folder !== "";
      folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))
    ) {
      const nested = lock.packages[`${folder}/node_modules/${name}`];
      if (nested?.version !== undefined) return purl(name, nested.version);
    }
    const found = lock.packages[`node_modules/${name}`];
    if (found?.version !== undefined) return purl(name, found.version);
    throw new Error(`"${name}", which ${path || "the package"} needs, is not in the lock file`);
  }).sort();
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
