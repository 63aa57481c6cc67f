import { defineConfig } from "vitest/config";

/** `npm run fuzz`: as long as it is told. */
export default defineConfig({
  test: {
    include: ["test/fuzz/parsers.fuzz.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
  },
});
