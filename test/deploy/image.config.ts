import { defineConfig } from "vitest/config";

/** Installs packages, which takes its time and the registry: `npm run test:image`. */
export default defineConfig({
  test: {
    include: ["test/deploy/image.steps.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
