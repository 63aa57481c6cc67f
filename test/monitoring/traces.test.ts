/** One trace over two processes: from what somebody said to the last of its answer that can be seen. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CollectedSpan, FakeCollector } from "../fakes/fake-collector.ts";
import { startFakeCollector } from "../fakes/fake-collector.ts";
import { groupBy } from "../../src/group-by.ts";
import { PACE, TwoPlatforms } from "../mirroring/mirror-world.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { GitRepository } from "../support/git-repository.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import { DOCUMENT, until } from "../support/test-app.ts";
import { post } from "./driven.ts";

const ASKED = "replace “one minute” with “an hour”";

let collector: FakeCollector;
let chats: TwoPlatforms;
let database: TestDatabase;
let repository: GitRepository;
let door: RedlineProcess;
let worker: RedlineProcess;

beforeAll(async () => {
  collector = await startFakeCollector();
  chats = await TwoPlatforms.start();
  database = await createTestDatabase();
  repository = await GitRepository.create({ "rfc.md": DOCUMENT });
  const environment = {
    DATABASE_URL: database.url,
    PORT: "0",
    SHUTDOWN_GRACE_SECONDS: "1",
    LOG_LEVEL: "warn",
    ...chats.environment,
    TEST_SLACK_PACE: String(PACE),
    TEST_DISCORD_PACE: String(PACE),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: "redline-test",
  };
  [door, worker] = await Promise.all([
    RedlineProcess.start({ ...environment, ROLES: "ingest,web" }),
    RedlineProcess.start({ ...environment, ROLES: "worker" }),
  ]);
  const registered = await post(door.url, "/api/rfcs", {
    slug: "rfc",
    title: "The RFC",
    repository: repository.url,
    path: "rfc.md",
    branch: repository.branch,
  });
  if (!registered.ok) throw new Error(await registered.text());
});
afterAll(async () => {
  await Promise.all([door?.kill(), worker?.kill()]);
  await chats?.dispose();
  await repository?.[Symbol.asyncDispose]();
  await database?.drop();
  await collector?.[Symbol.asyncDispose]();
});

/** The spans of a trace below one, each as its name with those below it. */
type Tree = [name: string, ...below: Tree[]];

function treeOf(spans: readonly CollectedSpan[], root: CollectedSpan): Tree {
  const below = spans
    .filter((span) => span.parentSpanId === root.spanId)
    .map((span) => treeOf(spans, span))
    .toSorted(([a], [b]) => a.localeCompare(b));
  return [root.name, ...below];
}

const namesOf = ([name, ...below]: Tree): string[] => [name, ...below.flatMap(namesOf)];

/** The spans of the first trace that has all these, once none of them hangs on one that is still on its way. */
async function traceWith(needed: readonly string[]): Promise<CollectedSpan[]> {
  return until(
    async () =>
      [...groupBy(collector.spans, ({ traceId }) => traceId).values()].find(
        (trace) =>
          needed.every((name) => trace.some((span) => span.name === name)) &&
          trace.filter(({ parentSpanId: parent }) => trace.every(({ spanId }) => spanId !== parent))
            .length === 1,
      ),
    `a trace with ${needed.join(", ")}`,
  );
}

/** What was asked there, once the change that it proposes can be seen. */
const ASK = {
  async slack(): Promise<void> {
    const ts = await chats.linkSlack();
    chats.ada.says(chats.slackChannel, `${chats.team.mention} ${ASKED}`, { threadTs: ts });
    await chats.shows(ts, "an hour");
  },
  async discord(): Promise<void> {
    const { dana, discord, discordChannel } = chats;
    const thread = await chats.threadOf(
      dana.says(discordChannel, `${discord.mention} link rfc new`),
    );
    await until(async () => chats.inDiscord(thread).length > 0, "the greeting");
    const before = chats.inDiscord(thread).length;
    dana.says(thread, `${discord.mention} ${ASKED}`);
    // The question itself says it too.
    await until(async () => chats.inDiscord(thread).length > before + 1, "the answer");
  },
};

describe.each(["slack", "discord"] as const)("a question in %s", (platform) => {
  it("is one trace from its event to the last of its answer", async () => {
    await ASK[platform]();
    const [received, handled] = [`receive ${platform} event`, `handle ${platform} event`];
    const trace = await traceWith([received, handled, "turn", "model request", "show answer"]);
    const root = trace.find(({ parentSpanId }) => parentSpanId === "")!;
    expect(root.name).toBe(received);
    const tree = treeOf(trace, root);
    expect(namesOf(tree)).toHaveLength(trace.length);
    const spanOf = (name: string) => trace.find((span) => span.name === name)!;
    const isBelow = (span: CollectedSpan, above: CollectedSpan): boolean =>
      span.parentSpanId === above.spanId ||
      trace.some((one) => one.spanId === span.parentSpanId && isBelow(one, above));
    expect(isBelow(spanOf("turn"), spanOf(handled))).toBe(true);
    expect(spanOf("model request").parentSpanId).toBe(spanOf("turn").spanId);
    expect(isBelow(spanOf("show answer"), spanOf(handled))).toBe(true);
    expect(spanOf("show answer").events).toContain("first text");
    expect(spanOf("show answer").attributes).toMatchObject({ platform });
    expect(spanOf("turn").attributes).toMatchObject({ outcome: "done", attempt: 1 });
    expect(root.service).toBe("redline-test");
    expect(spanOf("turn").instance).not.toBe(root.instance);
  });
});

describe("the spans", () => {
  it("have nothing of what was said, and no token", () => {
    expect(collector.paths).toEqual(new Set(["POST /v1/traces"]));
    for (const body of collector.bodies) {
      expect(body).not.toContain("an hour");
      expect(body).not.toContain(chats.team.botToken);
      expect(body).not.toContain(chats.discord.token);
    }
  });
});

describe("a message to the console", () => {
  it("goes on with the trace of whoever sent it, through the queue, in another process", async () => {
    const made = await post(door.url, "/api/threads", {
      rfc_slug: "rfc",
      branch_name: repository.branch,
      thread_kind: "discussion",
    });
    const { id } = (await made.json()) as { id: string };
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const answer = await fetch(`${door.url}/api/threads/${id}/messages`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({ text: ASKED }),
    });
    await answer.text();
    const name = "POST /api/threads/:id/messages";
    const trace = await until(async () => {
      const found = collector.spans.filter((span) => span.traceId === traceId);
      const names = found.map((span) => span.name);
      return (
        [name, "process turns", "turn", "model request"].every((one) => names.includes(one)) &&
        found
      );
    }, "the trace");
    const root = trace.find((span) => span.name === name)!;
    expect(root.parentSpanId).toBe("b7ad6b7169203331");
    expect(root.attributes["requestId"]).toBe(answer.headers.get("x-request-id"));
    const spanOf = (one: string) => trace.find((span) => span.name === one)!;
    expect(spanOf("process turns").parentSpanId).toBe(root.spanId);
    expect(spanOf("turn").parentSpanId).toBe(spanOf("process turns").spanId);
    expect(spanOf("model request").parentSpanId).toBe(spanOf("turn").spanId);
    expect(spanOf("turn").instance).not.toBe(root.instance);
  });
});

describe("without a collector", () => {
  it("nothing of tracing is loaded", async () => {
    const script = (also: string): string => `
      ${also}
      const { readConfig } = await import("./src/config.ts");
      const { createTracing } = await import("./src/main/tracing.ts");
      await createTracing(readConfig(process.env).config, console, { add() {} });
      const { createRequire } = await import("node:module");
      const cached = Object.keys(createRequire(import.meta.url).cache);
      console.log(JSON.stringify(cached.filter((path) => /opentelemetry|bullmq-otel/.test(path))));`;
    const loadedWith = (environment: Record<string, string>, also = ""): string[] => {
      const env = { PATH: process.env["PATH"], ...environment };
      const args = [
        "--import",
        "tsx",
        "--input-type=module",
        "-e",
        `${script(also)}; process.exit(0);`,
      ];
      return JSON.parse(
        execFileSync(process.execPath, args, { encoding: "utf8", env }),
      ) as string[];
    };
    expect(loadedWith({}, 'await import("./src/app.ts");')).toEqual([]);
    // The look is one that would find them.
    expect(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }).length).toBeGreaterThan(5);
  });
});
