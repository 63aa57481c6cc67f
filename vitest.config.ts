import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Most tests wait for a server, a process or a poll rather than for a core.
    maxWorkers: availableParallelism() + 1,
    // Real Postgres and child processes: generous enough for a shared machine, never a measure of speed.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
