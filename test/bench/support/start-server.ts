import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { GitRepository } from "../../support/git-repository.ts";
import { startRedis } from "../../support/redis.ts";
import type { MadeAt } from "./token-stream.ts";

export type QueueKind = "PostgreSQL" | "Redis";

/** A server under measurement, on an embedded Postgres as a user has it. */
export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly queue: QueueKind;
  /** Milliseconds of processor time that the server has used, without its database. */
  cpu(): Promise<number>;
  /** Resident bytes, after a collection. */
  memory(): Promise<number>;
  /** Whether the engine's numbers are kept from now on; at first they are. How often one was told so far. */
  count(isOn: boolean): Promise<number>;
  /** A new thread on the document. */
  newThread(): Promise<string>;
  /** When the deltas of recorded streams were made. */
  made(): Promise<MadeAt>;
  /** Events by state, and `places` that wait to be looked at. */
  inbox(): Promise<Record<string, number>>;
}

const SHORT = "# RFC\n\nA short document.\n";

/** `text` is the document of the RFC `rfc`. Null when the queue's server is not installed. */
export async function startServer(
  queue: QueueKind,
  text = SHORT,
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchServer | null> {
  const redis = queue === "Redis" ? await startRedis() : null;
  if (queue === "Redis" && !redis) return null;
  const dataDir = mkdtempSync(join(tmpdir(), "redline-bench-"));
  const repository = await GitRepository.create({ "rfc.md": text });
  const child = fork(fileURLToPath(new URL("./bench-server.ts", import.meta.url)), {
    execArgv: ["--import", "tsx", "--expose-gc"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      REDLINE_DATA_DIR: dataDir,
      PORT: "0",
      TURN_CONCURRENCY: "256",
      ...(redis && { REDIS_URL: redis.url }),
      ...environment,
    },
  });
  const { url } = (await nextMessage(child)) as { url: string };
  await call(url, "/api/rfcs", {
    slug: "rfc",
    title: "RFC",
    repository: repository.url,
    path: "rfc.md",
    branch: "main",
  });
  return {
    url,
    queue,
    async memory() {
      child.send("memory");
      return ((await nextMessage(child)) as { memory: number }).memory;
    },
    async cpu() {
      child.send("cpu");
      return ((await nextMessage(child)) as { cpu: number }).cpu;
    },
    async count(isOn) {
      child.send(isOn ? "count" : "do not count");
      return ((await nextMessage(child)) as { told: number }).told;
    },
    async made() {
      child.send("made");
      return ((await nextMessage(child)) as { made: MadeAt }).made;
    },
    async inbox() {
      child.send("inbox");
      return ((await nextMessage(child)) as { inbox: Record<string, number> }).inbox;
    },
    async newThread() {
      const input = { rfc_slug: "rfc", branch_name: "main", thread_kind: "discussion" };
      return ((await call(url, "/api/threads", input)) as { id: string }).id;
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.send("stop");
      await gone;
      await redis?.stop();
      await repository[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** @throws Error where the process ends instead */
export async function nextMessage(child: ChildProcess, name = "the server"): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const exit = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`${name} ended with ${String(code)}`);
  });
  try {
    const [message] = (await Promise.race([once(child, "message", { signal }), exit])) as [unknown];
    return message;
  } finally {
    over.abort();
    await exit.catch(() => {});
  }
}

export async function call(url: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Posts a message; resolves with the open event stream when the message is stored. */
export async function post(
  url: string,
  threadId: string,
  text: string,
  signal?: AbortSignal,
): Promise<Response> {
  const response = await fetch(`${url}/api/threads/${threadId}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
    ...(signal && { signal }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}
