import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looseWords, possibleForms, widen } from "../../src/rfcs/word-forms.ts";

it("takes plain words alone for words that have forms", () => {
  expect(looseWords(["retry", "x25519", "käse", "重", "of"])).toEqual(["retry"]);
});

describe("a query in any form of its words", () => {
  const forms = new Map([["retries", ["retries", "retry"]]]);
  it.each<[string, boolean, string]>([
    ["'retries'", false, "( 'retries' | 'retry' )"],
    ["'retries'", true, "( 'retries':* | 'retry' )"],
    ["'a' & 'retries'", true, "'a' & ( 'retries':* | 'retry' )"],
    ["'retries' & 'b'", true, "( 'retries' | 'retry' ) & 'b':*"],
    ["!'retries' & 'b'", false, "!'retries' & 'b'"],
    ["'retries' <-> 'b'", false, "'retries' <-> 'b'"],
    [
      "'b' & 'retries' <2> 'b' & 'retries'",
      false,
      "'b' & 'retries' <2> 'b' & ( 'retries' | 'retry' )",
    ],
    ["'b' <-> 'retries' & 'c'", false, "'b' <-> 'retries' & 'c'"],
  ])("%s (open: %s) is %s", (query, isOpen, wide) => {
    expect(widen(query, forms, isOpen)).toBe(wide);
  });
});

describe("possible forms", () => {
  const families = [
    ["retry", "retries", "retried", "retrying"],
    ["queue", "queues", "queued", "queuing"],
    ["drop", "drops", "dropped", "dropping"],
    ["delay", "delays", "delayed", "delaying"],
    ["match", "matches", "matched", "matching"],
    ["store", "stores", "stored", "storing"],
  ];
  it.each(families)("lead from each of %s to all others", (...family) => {
    for (const word of family) expect(possibleForms(word)).toEqual(expect.arrayContaining(family));
  });

  it("hold the word itself, and are few", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,40}$/), (word) => {
        const forms = possibleForms(word);
        expect(forms).toContain(word);
        expect(forms.length).toBeLessThan(80);
      }),
    );
  });
});
