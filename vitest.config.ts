import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Real Postgres and child processes: generous enough for a shared machine, never a measure of speed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
