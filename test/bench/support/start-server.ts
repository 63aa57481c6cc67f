import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { GitRepository } from "../../support/git-repository.ts";
import { startRedis } from "../../support/redis.ts";

export type QueueKind = "PostgreSQL" | "Redis";

/** A server under measurement, on an embedded Postgres as a user has it. */
export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly queue: QueueKind;
  /** Milliseconds of processor time that the server has used, without its database. */
  cpu(): Promise<number>;
  /** Resident bytes, after a collection. */
  memory(): Promise<number>;
  /** A new thread on the document. */
  newThread(): Promise<string>;
}

const SHORT = "# RFC\n\nA short document.\n";

/** `text` is the document of the RFC `rfc`. Null when the queue's server is not installed. */
export async function startServer(queue: QueueKind, text = SHORT): Promise<BenchServer | null> {
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

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const exit = once(child, "exit").then(([code]) => {
    throw new Error(`the server ended with ${String(code)}`);
  });
  const [message] = (await Promise.race([once(child, "message"), exit])) as [unknown];
  return message;
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
