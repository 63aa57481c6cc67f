import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { recordMode } from "../../src/store/record.ts";
import { runRedline } from "../support/command-line.ts";
import { TestApp } from "../support/test-app.ts";

let test: TestApp;
let folder: string;
beforeAll(async () => {
  test = await TestApp.start();
  folder = mkdtempSync(join(tmpdir(), "redline-transcript-"));
  const threadId = await test.newThread();
  await test.engine.threads.record(threadId, { text: "Is a minute enough?" }, test.user);
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) =>
  runRedline(args, {
    DATABASE_URL: test.database.url,
    REDLINE_DATA_DIR: folder,
    INIT_CWD: folder,
  });

it("prints a transcript that the file alone shows to be whole, or not", async () => {
  const { stdout } = await run("transcript", "rfc", "--json");
  writeFileSync(join(folder, "whole.json"), stdout);
  writeFileSync(join(folder, "changed.json"), stdout.replaceAll("a minute", "an hour"));
  const { entries } = await test.engine.record.view("rfc");
  const [whole, changed, missing, markdown] = await Promise.all([
    run("verify-transcript", "whole.json"),
    run("verify-transcript", "changed.json"),
    run("verify-transcript", "nothing.json"),
    run("transcript", "rfc"),
  ]);
  expect(whole).toMatchObject({ code: 0, errors: [] });
  expect(whole.stdout).toMatch(
    new RegExp(
      `^The transcript is whole: ${entries} entries; it ends with the hash [0-9a-f]{64}\\.\n$`,
    ),
  );
  expect(changed).toMatchObject({ code: 1, stdout: "" });
  expect(changed.errors).toEqual([
    "redline: The transcript is not whole. The content of entry 2 was changed: its hash is another.",
  ]);
  expect(missing).toMatchObject({ code: 1, stdout: "" });
  expect(missing.errors).toEqual([
    expect.stringMatching(/^redline: The file .* cannot be read\.$/),
  ]);
  expect(markdown.stdout).toContain("> Is a minute enough?");
});

it("says where records are committed", async () => {
  const chosen = await run("repositories", "record", "committed", "Acme/RFCs");
  expect(chosen).toMatchObject({ code: 0, errors: [] });
  expect(await recordMode(test.app.sql, "acme/rfcs")).toBe("committed");
  const wrong = await run("repositories", "record", "kept", "file:///srv/rfcs");
  expect(wrong.errors).toEqual([expect.stringMatching(/^redline: .*write owner\/name\.$/)]);
});
