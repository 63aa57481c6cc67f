import { afterEach, describe, expect, it, vi } from "vitest";

import type { Check } from "../../src/main/doctor.ts";
import { examine, report } from "../../src/main/doctor.ts";

const check = (name: string, run: Check["run"]): Check => ({ name, run, mend: `Mend ${name}.` });
const well = (name: string): Check => check(name, () => Promise.resolve(`${name} is well`));

describe("the doctor", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("looks at everything, in order, also past what is wrong", async () => {
    const seen: string[] = [];
    const findings = await examine([
      check("first", async () => {
        seen.push("first");
        return "fine";
      }),
      check("second", () => {
        seen.push("second");
        throw new Error("broken\n    at somewhere.ts:1:2");
      }),
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      check("third", () => Promise.reject("no error at all")),
      well("fourth"),
    ]);
    expect(seen).toEqual(["first", "second"]);
    expect(findings).toEqual([
      { name: "first", ok: true, says: "fine", mend: null },
      { name: "second", ok: false, says: "broken", mend: "Mend second." },
      { name: "third", ok: false, says: "no error at all", mend: "Mend third." },
      { name: "fourth", ok: true, says: "fourth is well", mend: null },
    ]);
  });

  it("waits for no answer for ever", async () => {
    vi.useFakeTimers();
    const examined = examine([check("hung", () => new Promise(() => {})), well("next")]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await examined).toMatchObject([
      {
        name: "hung",
        ok: false,
        says: expect.stringMatching(/^no answer within \d+ s$/) as string,
      },
      { name: "next", ok: true },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says what is wrong and how to mend it", async () => {
    const broken = check("the queue", () => Promise.reject(new Error("no connection")));
    expect(report(await examine([well("Git"), broken]))).toBe(
      [
        "ok     Git: Git is well",
        "WRONG  the queue: no connection",
        "       Mend the queue.",
        "",
        "1 of 2 checks found something wrong.",
        "",
      ].join("\n"),
    );
    expect(report(await examine([well("Git")]))).toBe("ok     Git: Git is well\n\nAll is well.\n");
  });
});
