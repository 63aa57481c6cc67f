import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readPrivateKey } from "../src/private-key.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pkcs1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const escaped = (pem: string): string => pem.replaceAll("\n", "\\n");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "redline-key-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const fileOf = (text: string): string => {
  const path = join(folder, "app.private-key.pem");
  writeFileSync(path, text);
  return path;
};

describe("a private key", () => {
  it.each([
    ["PKCS#1", pkcs1],
    ["PKCS#8", pkcs8],
    ["PKCS#1 on one line", escaped(pkcs1)],
    ["PKCS#8 on one line", escaped(pkcs8)],
    ["PKCS#8 with blanks around it", `\n  ${pkcs8}\n`],
    ["PKCS#8 from Windows", pkcs8.replaceAll("\n", "\r\n")],
  ])("in %s is read, as such and from a file, as PKCS#8", (_, text) => {
    expect(readPrivateKey(text)).toBe(pkcs8);
    expect(readPrivateKey(fileOf(text))).toBe(pkcs8);
    expect(createPrivateKey(readPrivateKey(text)!).equals(privateKey)).toBe(true);
  });

  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  it.each([
    ["nothing", ""],
    ["rubbish", "rubbish"],
    ["a folder", tmpdir()],
    ["a cut key", pkcs8.slice(0, 400)],
    ["a key without its end", pkcs8.replace(/-----END.*\n/, "")],
    ["a public key", publicKey.export({ type: "spki", format: "pem" }).toString()],
    [
      "an encrypted key",
      privateKey
        .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
        .toString(),
    ],
    ["a key that is not an App's", elliptic.export({ type: "pkcs8", format: "pem" }).toString()],
  ])("is not %s", (_, text) => {
    expect(readPrivateKey(text)).toBeNull();
    expect(readPrivateKey(fileOf(text))).toBeNull();
  });
});
