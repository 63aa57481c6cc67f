/** `npm run test:faults`: every fault at its full length, on both queues, with a table of how long each recovery took. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "test/faults/**/*.test.ts",
      "test/*/takeover.test.ts",
      "test/bad-input/disk-full.test.ts",
    ],
    globalSetup: ["test/support/global-setup.ts", "test/faults/recovery-table.ts"],
    env: { TEST_FAULTS: "full" },
    // Each has several processes, and half a minute in which it waits for nothing else.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
