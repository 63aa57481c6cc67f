import fc from "fast-check";
import { expect, it } from "vitest";
import type { AccountStanding } from "../../src/rfcs/connected-accounts.ts";
import { judge } from "../../src/rfcs/permissions.ts";

const account: fc.Arbitrary<AccountStanding> = fc.oneof(
  fc.constant<AccountStanding>({ kind: "none" }),
  fc.constant<AccountStanding>({ kind: "unknown", login: "ann" }),
  fc.record({
    kind: fc.constant("known" as const),
    login: fc.constant("ann"),
    mayWrite: fc.boolean(),
  }),
);
const standing = fc.record({
  isConsoleUser: fc.boolean(),
  isNamedForRfc: fc.boolean(),
  isNamedInWorkspace: fc.boolean(),
  account,
});

it("lets decide who is named, or whose account is known and may write, and nobody else", () => {
  fc.assert(
    fc.property(standing, (given) => {
      const isNamed = given.isConsoleUser || given.isNamedForRfc || given.isNamedInWorkspace;
      const mayWrite = given.account.kind === "known" && given.account.mayWrite;
      expect(judge(given).may).toBe(isNamed || mayWrite);
    }),
  );
});

it("says of who is refused whether an account of theirs is known", () => {
  fc.assert(
    fc.property(standing, (given) => {
      const verdict = judge(given);
      if (verdict.may) return;
      const { account: theirs } = given;
      expect(verdict.account).toEqual(
        theirs.kind === "none" ? null : { login: "ann", isKnown: theirs.kind === "known" },
      );
    }),
  );
});
