import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { median } from "../bench/report.ts";
import { quantileOf, readPage, sumOf } from "./metrics-page.ts";
import { readOptions } from "./options.ts";
import type { Point } from "./statistics.ts";
import { halves, slopeOf } from "./statistics.ts";
import {
  commandVerdict,
  loopVerdict,
  memoryVerdict,
  noneVerdict,
  queueVerdict,
  recoveryVerdict,
  warmed,
} from "./verdict.ts";

const MINUTE = 60_000;

/** One a minute. */
const pointsOf = (count: number, value: (minute: number) => number): Point[] =>
  Array.from({ length: count }, (_, minute) => ({ at: minute * MINUTE, value: value(minute) }));

/** The same each time, and without a trend. */
const noise = (n: number): number => ((n * 7919) % 13) - 6;

describe("a slope", () => {
  it("is that of a straight line, exactly", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 3, max: 60 }),
        (by, count) => {
          const slope = slopeOf(pointsOf(count, (minute) => 100 + by * minute))!;
          expect(slope.perHour).toBeCloseTo(by * 60, 4);
          expect(slope.low).toBeCloseTo(by * 60, 4);
          expect(slope.high).toBeCloseTo(by * 60, 4);
        },
      ),
    );
  });

  it("has the true one between its bounds where there is noise", () => {
    const slope = slopeOf(pointsOf(30, (minute) => 100 + minute + noise(minute)))!;
    expect(slope.low).toBeLessThan(60);
    expect(slope.high).toBeGreaterThan(60);
    expect(slope.high - slope.low).toBeGreaterThan(1);
  });

  it("is none of too few points, or of one moment", () => {
    expect(slopeOf(pointsOf(2, () => 1))).toBeNull();
    expect(slopeOf([1, 2, 3].map((value) => ({ at: 5, value })))).toBeNull();
  });
});

it("halves go by the time, not by the count", () => {
  const early = [0, 1, 2, 3, 4, 5].map((at) => ({ at, value: 1 }));
  expect(halves([...early, { at: 100, value: 9 }])).toEqual({ first: 1, second: 9 });
  expect(halves([{ at: 0, value: 1 }])).toBeNull();
  expect(median([3, 1, 2, 10])).toBe(2.5);
});

describe("the verdict on memory", () => {
  const flat = pointsOf(30, (minute) => 100 + noise(minute));
  const leak = pointsOf(30, (minute) => 100 + 2 * minute + noise(minute));

  it("passes what is flat, and what only warms up", () => {
    expect(memoryVerdict("x", { kept: flat, rss: flat }).ok).toBe(true);
    const warms = pointsOf(30, (minute) => 100 + Math.min(minute, 5) * 20 + noise(minute));
    expect(warmed(warms)[0]!.at).toBe(6 * MINUTE);
    expect(memoryVerdict("x", { kept: warms, rss: flat }).ok).toBe(true);
  });

  it("sees a small leak in what is kept by a long life's slope", () => {
    const small = pointsOf(30, (minute) => 100 + 0.4 * minute + noise(minute) / 20);
    expect(memoryVerdict("x", { kept: small, rss: small }).ok).toBe(false);
    expect(memoryVerdict("x", { kept: flat, rss: small }).ok).toBe(true);
    const short = small.slice(0, 10);
    expect(memoryVerdict("x", { kept: short, rss: short }).ok).toBe(true);
  });

  it("fails a leak in either, and what was not measured", () => {
    expect(memoryVerdict("x", { kept: leak, rss: flat }).ok).toBe(false);
    expect(memoryVerdict("x", { kept: flat, rss: leak }).ok).toBe(false);
    expect(memoryVerdict("x", { kept: flat, rss: [] }).ok).toBe(false);
    expect(memoryVerdict("x", { kept: leak, rss: flat }).says).toContain("MB/h");
  });
});

it("a queue grows where its second half is deeper than noise explains", () => {
  expect(
    queueVerdict(
      "jobs",
      pointsOf(30, (minute) => noise(minute) + 10),
    ).ok,
  ).toBe(true);
  expect(
    queueVerdict(
      "jobs",
      pointsOf(30, (minute) => minute * 5),
    ).ok,
  ).toBe(false);
  expect(queueVerdict("jobs", []).ok).toBe(false);
});

describe("the verdict on the event loop", () => {
  const idle = { others: pointsOf(5, () => 0.1), isForgiven: true };
  const busy = { others: pointsOf(5, () => 0.6), isForgiven: false };

  it("is by the 99th percentile", () => {
    expect(loopVerdict("x", 50, idle).ok).toBe(true);
    expect(loopVerdict("x", 51, idle).ok).toBe(false);
    expect(loopVerdict("x", null, idle).ok).toBe(false);
  });

  it("says that others use the machine, and forgives only when told so", () => {
    expect(loopVerdict("x", 90, busy)).toMatchObject({ ok: false });
    expect(loopVerdict("x", 90, busy).says).toContain("others used 60 %");
    expect(loopVerdict("x", 90, { ...busy, isForgiven: true }).ok).toBe(true);
  });
});

it("a recovery takes half a minute at most, and a list has to be empty", () => {
  expect(recoveryVerdict("x", 30_000).ok).toBe(true);
  expect(recoveryVerdict("x", 30_001).ok).toBe(false);
  expect(recoveryVerdict("x", null).ok).toBe(false);
  expect(noneVerdict("lost", []).ok).toBe(true);
  expect(noneVerdict("lost", ["(q1)", "(q2)"])).toEqual({
    what: "lost",
    ok: false,
    says: "2, such as: (q1)",
  });
});

it("a command has to end well; where it does not, its lines that are not ok are said", () => {
  const stdout = "ok  commits\nwrong  lines\n";
  expect(commandVerdict("x", { code: 0, stdout, errors: [] })).toEqual({
    what: "x",
    ok: true,
    says: "2 lines ok",
  });
  expect(commandVerdict("x", { code: 1, stdout, errors: ["It failed."] })).toEqual({
    what: "x",
    ok: false,
    says: "wrong  lines | It failed.",
  });
  expect(commandVerdict("x", { code: null, stdout: "", errors: [] }).ok).toBe(false);
});

describe("a page of metrics", () => {
  const page = readPage(
    [
      "# HELP jobs Jobs.",
      'jobs{queue="a",state="waiting"} 3',
      'jobs{queue="b",state="waiting"} 4',
      'jobs{queue="b",state="done"} 9',
      "lag NaN",
      'wait_bucket{le="1",of="x"} 5',
      'wait_bucket{le="1",of="y"} 5',
      'wait_bucket{le="2",of="x"} 10',
      'wait_bucket{le="2",of="y"} 5',
      'wait_bucket{le="+Inf",of="x"} 20',
      'wait_bucket{le="+Inf",of="y"} 5',
    ].join("\n"),
  );

  it("is added up by labels", () => {
    expect(sumOf(page, "jobs")).toBe(16);
    expect(sumOf(page, "jobs", { state: "waiting" })).toBe(7);
    expect(sumOf(page, "lag")).toBe(0);
  });

  it("has quantiles of histograms, over all series or some", () => {
    expect(quantileOf(page, "wait", 0.2)).toBeCloseTo(0.5);
    expect(quantileOf(page, "wait", 0.5, { of: "x" })).toBeCloseTo(2);
    expect(quantileOf(page, "wait", 0.99)).toBe(2);
    expect(quantileOf(page, "wait", 0.5, { of: "z" })).toBeNull();
  });
});

it("options come from the command line, minutes from the environment too", () => {
  expect(readOptions([], {})).toMatchObject({ minutes: 30, threads: 500, isBusy: false });
  expect(readOptions(["--minutes=3", "--busy-machine"], { SOAK_MINUTES: "5" })).toMatchObject({
    minutes: 3,
    isBusy: true,
  });
  expect(readOptions([], { SOAK_MINUTES: "5" }).minutes).toBe(5);
  expect(() => readOptions(["--minutes=0"], {})).toThrow("above 0");
  expect(() => readOptions(["--hours=1"], {})).toThrow("not understood");
});
