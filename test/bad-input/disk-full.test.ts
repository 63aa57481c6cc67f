/** The disk is full while something is written: a clear answer, nothing lost, and work goes on with space. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../../src/store/database.ts";
import { expectWhole, Rig } from "../faults/rig.ts";
import { block } from "../fakes/scripted-provider.ts";
import { HttpClient } from "../support/http-client.ts";
import { brokenInvariants, isBusy } from "../support/invariants.ts";
import { TestApp, until } from "../support/test-app.ts";

const FULL = {
  status: 503,
  body: {
    type: "urn:redline:problem:not-ready",
    detail:
      "The disk of the database is full, so nothing was stored: free some space and try again.",
  },
};

/** Makes the database answer to writes in a table as it does when it cannot make its file longer. */
async function fillDisk(url: string, table: string): Promise<() => Promise<void>> {
  const sql = connect(url, { max: 1 });
  await sql.unsafe(`
    create function disk_full() returns trigger language plpgsql as $$ begin
      raise exception 'could not extend file' using errcode = 'disk_full';
    end $$;
    create trigger disk_full before insert on ${table} execute function disk_full();`);
  return async () => {
    await sql.unsafe("drop function disk_full cascade");
    await sql.end();
  };
}

describe("a database whose disk is full", () => {
  it("refuses what cannot be stored, in words, and takes it once there is space", async () => {
    await using test = await TestApp.start();
    const client = new HttpClient(test.app.url!);
    const threadId = await client.newThread();
    const change = await client.propose(threadId, "lazy dog", "idle dog");
    const calls: [string, string, string, object][] = [
      ["thread_messages", "POST", `/api/threads/${threadId}/messages`, { text: "Hello" }],
      ["changes", "POST", `/api/threads/${threadId}/changes`, { original: "fox", proposed: "cat" }],
      ["decisions", "POST", `/api/changes/${change.id}/accept`, {}],
      ["outbox", "POST", `/api/changes/${change.id}/accept`, {}],
      ["decisions", "POST", `/api/changes/${change.id}/decline`, { reason: "No." }],
      [
        "threads",
        "POST",
        "/api/threads",
        { rfc_slug: "rfc", branch_name: "main", thread_kind: "discussion" },
      ],
    ];
    const before = await client.thread(threadId);
    for (const [table, method, path, body] of calls) {
      const makeSpace = await fillDisk(test.database.url, table);
      expect(await client.json(method, path, body), `${path}, ${table}`).toMatchObject(FULL);
      await makeSpace();
    }
    expect(await client.thread(threadId)).toEqual(before);
    expect((await client.accept(change.id)).state).toBe("accepting");
    const reader = await client.post(threadId, "Hello");
    await reader.until(({ data }) => data === "DONE");
    await until(async () => !(await isBusy(test.world)), "the end of all work");
    expect(await brokenInvariants({ ...test.world, posted: [] })).toEqual([]);
  });

  it("holds up a turn, which is answered once there is space", async () => {
    await using test = await TestApp.start({
      overrides: { turns: { backoffMs: 20, maxAttempts: 1_000 } },
    });
    const threadId = await test.newThread();
    const before = test.provider.requests.length;
    test.provider.script = (request) => ["Well:\n", block(request, "lazy dog", "idle dog")];
    const makeSpace = await fillDisk(test.database.url, "changes");
    await test.engine.threads.post(threadId, { text: "Hello" }, test.user);
    await until(() => Promise.resolve(test.provider.requests.length > before + 1), "a retry");
    await makeSpace();
    await until(async () => !(await isBusy(test.world)), "the answer");
    const { changes, messages, turns } = await test.engine.threads.view(threadId);
    expect(turns).toMatchObject([{ state: "done" }]);
    expect(changes).toMatchObject([{ state: "pending" }]);
    expect(messages.map(({ text }) => text)).toEqual(["Hello", "Well:\n\n"]);
    const world = { sql: test.app.sql, repository: test.repository, posted: [] };
    expect(await brokenInvariants(world)).toEqual([]);
  });

  it("of the embedded Postgres is survived with everything that was stored", async ({ skip }) => {
    const folder = smallDisk(128);
    if (folder === null) return skip("nothing can be mounted here");
    await using rig = await Rig.startEmbedded(join(folder, "data"));
    const threadId = await rig.client.newThread();
    await expectWhole(rig, threadId);
    const filler = join(folder, "filler");
    fill(filler);
    const text = "x".repeat(60_000);
    const answers: { status: number; detail: string | undefined }[] = [];
    // Postgres has some room within its files, so the first ones may still find place.
    await until(async () => {
      const said = `${text} ${answers.length}`;
      const { status, detail } = await tryToPost(rig, threadId, said);
      answers.push({ status, detail });
      if (status === 200) rig.posted.push({ threadId, text: said });
      return status !== 200;
    }, "the end of the space");
    expect([FULL.body.detail, "The database does not answer; try again in a moment."]).toContain(
      answers.at(-1)!.detail,
    );
    rmSync(filler);
    await until(async () => {
      const said = `There is space again ${answers.length}`;
      const { status, detail } = await tryToPost(rig, threadId, said);
      answers.push({ status, detail });
      if (status === 200) rig.posted.push({ threadId, text: said });
      return status === 200;
    }, "an answer");
    await expectWhole(rig, threadId);
  });
});

async function tryToPost(
  rig: Rig,
  threadId: string,
  text: string,
): Promise<{ status: number; detail: string | undefined }> {
  const response = await fetch(`${rig.client.url}/api/threads/${threadId}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });
  const detail =
    response.status === 200 ? undefined : ((await response.json()) as { detail: string }).detail;
  await response.body?.cancel().catch(() => {});
  return { status: response.status, detail };
}

/** A folder on a disk of its own, of so many megabytes; null where none can be mounted. */
function smallDisk(megabytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), "redline-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "redline", folder], {
      stdio: "ignore",
    });
  } catch {
    rmdirSync(folder);
    return null;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder]);
    rmdirSync(folder);
  });
  return folder;
}

/** Writes a file until nothing more fits on its disk. */
function fill(file: string): void {
  const descriptor = openSync(file, "w");
  for (const size of [1024 * 1024, 4096]) {
    const piece = Buffer.alloc(size, 1);
    try {
      for (;;) writeSync(descriptor, piece);
    } catch {
      // Full.
    }
  }
  closeSync(descriptor);
}
