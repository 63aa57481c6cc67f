import { expect, test, vi } from "vitest";
import { createErrorLog } from "../../jobs/error-log.ts";
import type { Logger } from "../../src/log.ts";

test("a flood is kept back for seconds, also after the clock was set back", () => {
  const warnings: object[] = [];
  const warn = (fields: object) => void warnings.push(fields);
  const logger: Logger = { debug() {}, info() {}, warn, error() {} };
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  try {
    const log = createErrorLog(logger, {}, "trouble");
    log(new Error("lost 12"));
    log(new Error("lost 13"));
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(9_000);
    log(new Error("lost 14"));
    expect(warnings).toMatchObject([{ keptBack: 0 }]);
    vi.advanceTimersByTime(2_000);
    log(new Error("lost 15"));
    expect(warnings).toMatchObject([{ keptBack: 0 }, { keptBack: 2 }]);
  } finally {
    vi.useRealTimers();
  }
});
