import { expect, it } from "vitest";

import { Teardown } from "../src/teardown.ts";
import type { LogLine } from "./support/test-app.ts";
import { memoryLogger } from "./support/test-app.ts";

function recording(): { teardown: Teardown; stopped: string[]; log: LogLine[] } {
  const log: LogLine[] = [];
  const stopped: string[] = [];
  const teardown = new Teardown(memoryLogger(log));
  for (const name of ["first", "second", "third"]) {
    teardown.add(name, async () => {
      await Promise.resolve();
      stopped.push(name);
    });
  }
  return { teardown, stopped, log };
}

it("stops parts one after the other, the last one first", async () => {
  const { teardown, stopped } = recording();
  await teardown.run();
  expect(stopped).toEqual(["third", "second", "first"]);
});

it("stops each part once, however often it is asked, and every caller waits for the end", async () => {
  const { teardown, stopped } = recording();
  const first = teardown.run();
  await teardown.run();
  expect(stopped).toHaveLength(3);
  await first;
  await teardown.run();
  expect(stopped).toHaveLength(3);
});

it("goes on past a part that fails to stop, and logs which one it was", async () => {
  const { teardown, stopped, log } = recording();
  const error = new Error("stuck");
  teardown.add("the broken part", () => Promise.reject(error));
  teardown.add("the other one", () => {
    throw error;
  });
  await teardown.run();
  expect(stopped).toEqual(["third", "second", "first"]);
  expect(log).toEqual([
    { level: "error", fields: { err: error }, message: "stopping the other one failed" },
    { level: "error", fields: { err: error }, message: "stopping the broken part failed" },
  ]);
});
