import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * An RSA private key, as Apps have them, as PKCS#8 in PEM: out of PEM text in PKCS#1 or PKCS#8, with line
 * breaks as such or written `\n`, or out of a file that holds such. Null when it is neither.
 */
export function readPrivateKey(given: string): string | null {
  try {
    const text = given.includes("-----BEGIN") ? given : readFileSync(given, "utf8");
    const pem = text.replaceAll("\\n", "\n").trim();
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== "rsa") return null;
    return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch {
    return null;
  }
}
