/** Holds the lock of the gateway as long as it can, for tests that freeze and kill; ends with its parent. */
import { silent } from "../../src/log.ts";
import { holdGateway } from "../../src/store/gateway-lock.ts";

const tell = (word: string): void => void process.send?.(word);
const lock = holdGateway({
  databaseUrl: process.env["DATABASE_URL"] ?? "",
  logger: silent,
  hold: async (lost) => {
    tell("held");
    await new Promise<void>((resolve) => lost.addEventListener("abort", () => resolve()));
    tell("lost");
  },
});
process.on("disconnect", () => void lock.close().then(() => process.exit(0)));
