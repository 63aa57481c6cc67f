import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Encryption, readEncryptionKey, UnsealError } from "../src/encryption.ts";

const key = (): Buffer => randomBytes(32);
const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));

describe("a sealed text", () => {
  it("opens with its key for its use, whatever it says", () => {
    const text = fc.string({ unit: "binary" }).map((one) => one.toWellFormed());
    fc.assert(
      fc.property(
        text,
        fc.string().map((one) => one.toWellFormed()),
        bytes,
        (said, use, with_) => {
          const encryption = new Encryption(with_);
          expect(encryption.unseal(encryption.seal(said, use), use)).toEqual({
            text: said,
            isOld: false,
          });
        },
      ),
    );
  });

  it("does not open once any of its characters is another", () => {
    const encryption = new Encryption(key());
    const sealed = encryption.seal("xoxb-secret", "installation of slack T1");
    const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."];
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...alphabet), (at, other) => {
        fc.pre(sealed[at] !== other);
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
        expect(() => encryption.unseal(changed, "installation of slack T1")).toThrow(UnsealError);
      }),
      { numRuns: 500 },
    );
  });

  it.each(["", "v1", "v1.a.b", "v1.a.b.c.d", "v2.00000000.AAAA.AAAA", "plain text"])(
    "is not %j",
    (text) => {
      expect(() => new Encryption(key()).unseal(text, "x")).toThrow(UnsealError);
    },
  );

  it("does not open for another use, such as another workspace's row", () => {
    const encryption = new Encryption(key());
    const sealed = encryption.seal("xoxb-1", "installation of slack T1");
    expect(() => encryption.unseal(sealed, "installation of slack T2")).toThrow(UnsealError);
  });

  it("opens with an older key, says so, and not without it", () => {
    const [old, current] = [key(), key()];
    const sealed = new Encryption(old).seal("xoxb-1", "T1");
    expect(new Encryption(current, [key(), old]).unseal(sealed, "T1")).toEqual({
      text: "xoxb-1",
      isOld: true,
    });
    expect(() => new Encryption(current).unseal(sealed, "T1")).toThrow(/ENCRYPTION_KEY_PREVIOUS/);
  });

  it("is another one each time, and says nothing of the text", () => {
    const encryption = new Encryption(key());
    const [one, two] = [encryption.seal("xoxb-1", "T1"), encryption.seal("xoxb-1", "T1")];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.split(".").at(-1)!, "base64url").toString("latin1")).not.toContain(
      "xoxb",
    );
  });
});

describe("a key", () => {
  it("is 32 bytes in hex or base64, of either alphabet", () => {
    fc.assert(
      fc.property(bytes, (given) => {
        for (const form of ["hex", "base64", "base64url"] as const) {
          expect(readEncryptionKey(given.toString(form))).toEqual(given);
        }
        expect(readEncryptionKey(given.toString("hex").toUpperCase())).toEqual(given);
      }),
    );
  });

  it.each(["", "secret", "0".repeat(63), "0".repeat(65), "A".repeat(42), `${"A".repeat(44)}=`])(
    "is not %j",
    (text) => {
      expect(readEncryptionKey(text)).toBeNull();
    },
  );
});
