import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextDigestAt, parseTimeZone } from "../../src/notifications/time-zones.ts";

const HOUR = 60 * 60_000;
const at = (text: string): Date => new Date(text);

/** What a clock on the wall shows there. */
const wall = (zone: string, moment: Date): string =>
  moment.toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });

describe("the next digest", () => {
  it.each([
    ["UTC", "2026-03-01T08:59:59Z", "2026-03-01T09:00:00Z"],
    ["UTC", "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z"],
    ["Europe/Berlin", "2026-01-15T12:00:00Z", "2026-01-16T08:00:00Z"],
    // Clocks are put forward on the way, and back.
    ["Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"],
    ["Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z"],
    ["America/New_York", "2026-03-08T02:00:00Z", "2026-03-08T13:00:00Z"],
    ["Pacific/Kiritimati", "2026-06-01T18:59:00Z", "2026-06-01T19:00:00Z"],
    ["Pacific/Pago_Pago", "2026-06-01T19:59:00Z", "2026-06-01T20:00:00Z"],
    ["Asia/Kathmandu", "2026-06-01T03:16:00Z", "2026-06-02T03:15:00Z"],
    ["Nowhere/AtAll", "2026-06-01T10:00:00Z", "2026-06-02T09:00:00Z"],
  ])("in %s after %s is at %s", (zone, now, due) => {
    expect(nextDigestAt("daily", zone, at(now))).toEqual(at(due));
  });

  it("comes at nine in the morning within a day, anywhere", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    // Samoa left out a whole day at the end of 2011; from then on no zone did.
    const times = fc.integer({ min: Date.UTC(2012, 1, 1), max: Date.UTC(2037, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), times, (zone, time) => {
        const due = nextDigestAt("daily", zone, new Date(time));
        expect(wall(zone, due)).toBe("09:00");
        expect(due.getTime()).toBeGreaterThan(time);
        expect(due.getTime()).toBeLessThanOrEqual(time + 25 * HOUR);
      }),
    );
  });

  it("comes at the next full hour", () => {
    expect(nextDigestAt("hourly", "UTC", at("2026-03-01T08:00:00Z"))).toEqual(
      at("2026-03-01T09:00:00Z"),
    );
    expect(nextDigestAt("hourly", "UTC", at("2026-03-01T08:59:59.999Z"))).toEqual(
      at("2026-03-01T09:00:00Z"),
    );
  });
});

describe("a time zone", () => {
  it.each([
    ["Europe/Berlin", "Europe/Berlin"],
    ["europe/berlin", "Europe/Berlin"],
    ["UTC", "UTC"],
    ["Berlin", null],
    ["+02:00", null],
    ["", null],
    ["Europe/Berlin; drop table users", null],
  ])("%s is %s", (name, zone) => {
    expect(parseTimeZone(name)).toBe(zone);
  });
});
