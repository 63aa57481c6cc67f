import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { findProgram } from "./programs.ts";
import { launch } from "./redis.ts";

/** A certificate for 127.0.0.1 that nobody but its own authority has signed, which is itself. */
export interface TlsFiles {
  certFile: string;
  keyFile: string;
  /** PEM of the authority. */
  ca: string;
  remove(): void;
}

/** Null where no `openssl` is installed. */
export function makeTlsFiles(): TlsFiles | null {
  const program = findProgram("openssl");
  if (program === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "redline-tls-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=redline-test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", keyFile, "-out", certFile];
  execFileSync(program, ["req", "-x509", "-days", "2", ...key, ...names, ...files], {
    stdio: "ignore",
  });
  return {
    certFile,
    keyFile,
    ca: readFileSync(certFile, "utf8"),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Makes a server speak TLS on this port, and nothing else. */
export function tlsOptions({ certFile, keyFile }: TlsFiles, port: number): string[] {
  return Object.entries({
    port: "0",
    "tls-port": String(port),
    "tls-cert-file": certFile,
    "tls-key-file": keyFile,
    "tls-ca-cert-file": certFile,
    "tls-auth-clients": "no",
  }).flatMap(([name, value]) => [`--${name}`, value]);
}

/** A Redis server that speaks TLS alone; null where none is installed. */
export async function startTlsRedis(
  files: TlsFiles,
): Promise<({ url: string } & AsyncDisposable) | null> {
  const program = findProgram("redis-server");
  if (program === null) return null;
  const port = await freePort();
  const server = await launch(program, port, tlsOptions(files, port));
  return { url: `rediss://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server.stop() };
}
