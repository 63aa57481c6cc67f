import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Painter } from "../../../../adapters/web/client/document/painter.ts";

describe("drawing in slices", () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Jobs that take `ms` each and write down that they ran. */
  function jobs(painter: Painter, count: number, ms: number) {
    const ran: number[] = [];
    const cancels = Array.from({ length: count }, (_, index) =>
      painter.add(() => {
        ran.push(index);
        performanceAt += ms;
      }),
    );
    return { ran, cancels };
  }
  let performanceAt = 0;
  beforeEach(() => {
    performanceAt = 0;
    vi.spyOn(performance, "now").mockImplementation(() => performanceAt);
  });

  it("does everything, in order, a few at a time", () => {
    const painter = new Painter();
    const { ran } = jobs(painter, 10, 5);
    expect(ran).toEqual([]);
    vi.runOnlyPendingTimers();
    expect(ran).toEqual([0, 1]);
    vi.runAllTimers();
    expect(ran).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("does the rest at once for somebody who wants to go there", () => {
    const painter = new Painter();
    const { ran } = jobs(painter, 10, 5);
    vi.runOnlyPendingTimers();
    painter.flush();
    expect(ran).toHaveLength(10);
    vi.runAllTimers();
    expect(ran).toHaveLength(10);
  });

  it("does not do what was taken back, nor anything once it is closed", () => {
    const painter = new Painter();
    const { ran, cancels } = jobs(painter, 3, 1);
    cancels[1]!();
    vi.runAllTimers();
    expect(ran).toEqual([0, 2]);
    const more = jobs(painter, 3, 1);
    painter.close();
    vi.runAllTimers();
    expect(more.ran).toEqual([]);
  });
});
