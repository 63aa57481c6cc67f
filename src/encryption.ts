/**
 * Keeps secrets in the database unreadable without the key: AES-256-GCM with a random nonce for each text. A
 * sealed text is `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url. What it is for is
 * part of what is authenticated, so that a text that was moved to another row does not open there.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** A text was sealed with another key or for another use, or it was changed. The message tells no secret. */
export class UnsealError extends Error {
  override readonly name = "UnsealError";
}

export interface Unsealed {
  text: string;
  /** Whether an older key was needed: then it should be sealed anew. */
  isOld: boolean;
}

const VERSION = "v1";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Key {
  id: string;
  bytes: Buffer;
}

/** 32 bytes out of hex or base64 (either alphabet); null when it is neither. */
export function readEncryptionKey(given: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(given)) return Buffer.from(given, "hex");
  if (!/^[\w+/-]{43}=?$/.test(given)) return null;
  const bytes = Buffer.from(given, "base64");
  return bytes.length === KEY_BYTES ? bytes : null;
}

/** Seals with the current key, and opens with any. */
export class Encryption {
  private readonly current: Key;
  private readonly keys: ReadonlyMap<string, Key>;

  /** @param current 32 bytes @param previous keys that texts may still be sealed with */
  constructor(current: Buffer, previous: readonly Buffer[] = []) {
    this.current = toKey(current);
    this.keys = new Map([...previous.map(toKey), this.current].map((key) => [key.id, key]));
  }

  /** @param use what the text is for, such as a table and the row's key; needed to open it */
  seal(text: string, use: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.current.bytes, nonce);
    cipher.setAAD(associated(this.current.id, use));
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return [VERSION, this.current.id, nonce.toString("base64url"), body.toString("base64url")].join(
      ".",
    );
  }

  /** @throws UnsealError */
  unseal(sealed: string, use: string): Unsealed {
    const [version, keyId, nonce, body, ...rest] = sealed.split(".");
    if (version !== VERSION || !keyId || !nonce || !body || rest.length > 0) {
      throw new UnsealError("This is no sealed text.");
    }
    const key = this.keys.get(keyId);
    if (!key) {
      throw new UnsealError(
        "It was sealed with another key: ENCRYPTION_KEY was changed, and ENCRYPTION_KEY_PREVIOUS does not hold the old one.",
      );
    }
    return { text: open(key, nonce, body, use), isOld: keyId !== this.current.id };
  }
}

function open(key: Key, nonce: string, body: string, use: string): string {
  const bytes = Buffer.from(body, "base64url");
  const iv = Buffer.from(nonce, "base64url");
  // Trailing bits that a decoder ignores would make two texts of one.
  const isCanonical = bytes.toString("base64url") === body && iv.toString("base64url") === nonce;
  if (!isCanonical || iv.length !== NONCE_BYTES || bytes.length < TAG_BYTES) {
    throw new UnsealError("The sealed text was changed.");
  }
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(key.id, use));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(0, -TAG_BYTES)),
      decipher.final(),
    ]).toString("utf8");
  } catch (error) {
    throw new UnsealError("The sealed text was changed, or is meant for another use.", {
      cause: error,
    });
  }
}

function associated(keyId: string, use: string): Buffer {
  return Buffer.from(`redline ${VERSION} ${keyId} ${use}`, "utf8");
}

function toKey(bytes: Buffer): Key {
  if (bytes.length !== KEY_BYTES) throw new RangeError("a key has 32 bytes");
  const digest = createHash("sha256").update("redline key id").update(bytes).digest("hex");
  return { id: digest.slice(0, 8), bytes };
}
