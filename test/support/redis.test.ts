import { spawn } from "node:child_process";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { findProgram } from "./programs.ts";
import { startRedis } from "./redis.ts";
import type { TestRedis } from "./redis.ts";

let redis: TestRedis | null = null;
let client: Redis | null = null;

afterEach(async () => {
  client?.disconnect();
  await redis?.stop();
  redis = client = null;
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.runIf(findProgram("redis-server") !== null)("the Redis of the tests", () => {
  it("holds values, forgets them on flush, and ends on stop", async () => {
    redis = (await startRedis())!;
    client = new Redis(redis.url);
    await client.set("key", "value");
    await redis.flush();
    expect(await client.get("key")).toBeNull();
    client.disconnect();
    const { pid } = redis;
    expect(isAlive(pid)).toBe(true);
    await redis.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it("comes back empty on the same port after a kill", async () => {
    redis = (await startRedis())!;
    client = new Redis(redis.url, { lazyConnect: true });
    client.on("error", () => {});
    await client.set("key", "value");
    const { url, pid } = redis;
    redis.kill();
    await redis.restart();
    expect(redis.url).toBe(url);
    expect(redis.pid).not.toBe(pid);
    expect(await client.get("key")).toBeNull();
  });

  it("ends with the process that started it, also with kill -9", async () => {
    const script = `
      import { startRedis } from ${JSON.stringify(new URL("redis.ts", import.meta.url).href)};
      console.log((await startRedis()).pid);
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    const pid = await new Promise<number>((resolve) =>
      child.stdout.once("data", (text: Buffer) => resolve(Number(text.toString()))),
    );
    expect(isAlive(pid)).toBe(true);
    child.kill("SIGKILL");
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 60_000);
  });
});
