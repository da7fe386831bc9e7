import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A self-signed certificate for `localhost`, `service.test` and 127.0.0.1, made for one test file. */
export interface TlsFiles {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
  remove(): Promise<void>;
}

/** Makes a certificate that is good for a day, with the `openssl` of the machine. */
export async function makeTlsFiles(): Promise<TlsFiles> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-tls-"));
  const certPath = join(folder, "cert.pem");
  const keyPath = join(folder, "key.pem");
  const names = "subjectAltName=DNS:localhost,DNS:service.test,IP:127.0.0.1";
  const settings =
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -addext ${names}`;
  await promisify(execFile)("openssl", [...settings.split(" "), "-keyout", keyPath, "-out", certPath]);
  return {
    certPath,
    keyPath,
    cert: await readFile(certPath, "utf8"),
    key: await readFile(keyPath, "utf8"),
    remove: () => rm(folder, { recursive: true }),
  };
}
