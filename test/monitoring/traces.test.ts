/** One trace over two processes: from what somebody said to the last of its answer that can be seen. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CollectedSpan, FakeCollector } from "../fakes/fake-collector.ts";
import { startFakeCollector } from "../fakes/fake-collector.ts";
import { groupBy } from "../../src/group-by.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { GitRepository } from "../support/git-repository.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import { DOCUMENT, until } from "../support/test-app.ts";
import { post } from "./driven.ts";

const PACE = 0.01;
const ASKED = "replace “one minute” with “an hour”";

let collector: FakeCollector;
let slack: FakeSlack;
let team: FakeTeam;
let ada: FakeUser;
let channel: Channel;
let database: TestDatabase;
let repository: GitRepository;
let door: RedlineProcess;
let worker: RedlineProcess;

beforeAll(async () => {
  collector = await startFakeCollector();
  slack = await FakeSlack.start({
    rates: { window: 60_000 * PACE, postInterval: 1_000 * PACE },
  });
  team = slack.addTeam("Acme");
  ada = team.addUser("ada", { isAdmin: true });
  channel = team.addChannel("rfcs", { members: [ada] });
  database = await createTestDatabase();
  repository = await GitRepository.create({ "rfc.md": DOCUMENT });
  const environment = {
    DATABASE_URL: database.url,
    PORT: "0",
    SHUTDOWN_GRACE_SECONDS: "1",
    LOG_LEVEL: "warn",
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: team.botToken,
    SLACK_APP_TOKEN: slack.app.appToken,
    TEST_SLACK_PACE: String(PACE),
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
  await slack?.dispose();
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

describe("a question in Slack", () => {
  it("is one trace from its event to the last of its answer", async () => {
    const { ts } = ada.says(channel, `${team.mention} link rfc new`);
    const shown = (): string =>
      slack
        .visible(channel, ts)
        .map(({ text }) => text)
        .join("\n");
    await until(async () => slack.visible(channel, ts).length > 1, "the greeting");
    ada.says(channel, `${team.mention} ${ASKED}`, { threadTs: ts });
    await until(async () => shown().includes("an hour"), "the change");
    const trace = await traceWith([
      "receive slack event",
      "handle slack event",
      "turn",
      "model request",
      "show answer",
    ]);
    const root = trace.find(({ parentSpanId }) => parentSpanId === "")!;
    const tree = treeOf(trace, root);
    expect(namesOf(tree)).toHaveLength(trace.length);
    const spanOf = (name: string) => trace.find((span) => span.name === name)!;
    const isBelow = (span: CollectedSpan, above: CollectedSpan): boolean =>
      span.parentSpanId === above.spanId ||
      trace.some((one) => one.spanId === span.parentSpanId && isBelow(one, above));
    expect(isBelow(spanOf("turn"), spanOf("handle slack event"))).toBe(true);
    expect(spanOf("model request").parentSpanId).toBe(spanOf("turn").spanId);
    expect(isBelow(spanOf("show answer"), spanOf("handle slack event"))).toBe(true);
    expect(spanOf("show answer").events).toContain("first text");
    expect(spanOf("turn").attributes).toMatchObject({ outcome: "done", attempt: 1 });
    expect(root.service).toBe("redline-test");
    expect(spanOf("turn").instance).not.toBe(root.instance);
  });

  it("leaves nothing of what was said in the spans", () => {
    expect(collector.paths).toEqual(new Set(["POST /v1/traces"]));
    for (const body of collector.bodies) {
      expect(body).not.toContain("an hour");
      expect(body).not.toContain(team.botToken);
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
    const script = `
      const { readConfig } = await import("./src/config.ts");
      await import("./src/app.ts");
      const { createTracing } = await import("./src/main/tracing.ts");
      await createTracing(readConfig(process.env).config, console, { add() {} });
      const { createRequire } = await import("node:module");
      const cached = Object.keys(createRequire(import.meta.url).cache);
      console.log(JSON.stringify(cached.filter((path) => /opentelemetry|bullmq-otel/.test(path))));`;
    const loadedWith = (environment: Record<string, string>): string[] => {
      const env = { PATH: process.env["PATH"], ...environment };
      const args = ["--import", "tsx", "--input-type=module", "-e", `${script}; process.exit(0);`];
      return JSON.parse(
        execFileSync(process.execPath, args, { encoding: "utf8", env }),
      ) as string[];
    };
    expect(loadedWith({})).toEqual([]);
    // The look is one that would find them.
    expect(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }).length).toBeGreaterThan(5);
  });
});
