/** Redis over TLS, in a process of its own: whom Node trusts beside the usual is read at its start. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { markLeg } from "../support/legs.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { makeTlsFiles, startTlsRedis } from "../support/redis-tls.ts";

const PROGRAM = fileURLToPath(new URL("./open-and-close.ts", import.meta.url));
const files = makeTlsFiles();
afterAll(() => files?.remove());

/** Starts every part of the queue, and closes them; what it says, and how it ends. */
async function openAndClose(redisUrl: string, trusted: string | null): Promise<string> {
  const database = await createTestDatabase();
  const settings = { databaseUrl: database.url, backend: { databaseUrl: database.url, redisUrl } };
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, JSON.stringify(settings)], {
    env: { PATH: process.env["PATH"], ...(trusted !== null && { NODE_EXTRA_CA_CERTS: trusted }) },
  });
  let output = "";
  child.stderr.on("data", (chunk) => (output += chunk));
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (output.endsWith("open\n")) child.stdin.write("close\n");
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  await database.drop();
  return `${output}${String(code)}`;
}

describe.skipIf(files === null).each([
  ["a server", startTlsRedis],
  ["a cluster", startRedisCluster],
])("%s that speaks TLS alone", (_, start) => {
  if (files === null) return;
  test("is used where its authority is trusted, and named where it is not", async (context) => {
    await using redis = await start(files);
    if (redis === null) return context.skip("no redis-server is installed");
    markLeg("redis");
    // A busy machine may take longer to connect than is waited for.
    await vi.waitFor(
      async () => {
        expect(await openAndClose(redis.url, files.certFile)).toBe("open\nclosed\n0");
      },
      { timeout: 90_000 },
    );
    expect(await openAndClose(redis.url, null)).toContain("Redis cannot be reached at 127.0.0.1:");
  });
});
