/** The way to GitHub fails, or Redline is ended, while changes are suggested and committed: each once. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FakeGitHub, FakeRepository } from "../fakes/github/fake-github.ts";
import { startFakeGitHub } from "../fakes/github/fake-github.ts";
import { changeBlock } from "../fakes/reply-script.ts";
import { parseMarker } from "../../src/reviews/comment-marker.ts";
import { createTestDatabase } from "../support/database.ts";
import { isBusy } from "../support/invariants.ts";
import type { WireFault } from "../support/tcp-proxy.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/test-app.ts";
import { FULL, RECOVERY_MS, SPAN_MS } from "./list.ts";
import { lineEdit, numberedDocument } from "./marks.ts";
import { reportRecovery } from "./recovery-table.ts";
import { Rig } from "./rig.ts";

const LINES = 20;
const PATH = "rfc.md";

let wire: TcpProxy;
let github: FakeGitHub;
let repository: FakeRepository;
let pull: number;
let rig: Rig;
let threadId: string;

beforeAll(async () => {
  wire = await TcpProxy.to(0);
  const origin = `http://127.0.0.1:${wire.port}`;
  github = await startFakeGitHub({ htmlUrl: origin });
  wire.lead(Number(new URL(github.url).port));
  repository = await github.createRepository("acme/rfcs", { files: { "README.md": "# RFCs\n" } });
  github.addUser("redline-bot", { permission: "write" });
  github.addUser("olive", { permission: "write" });
  await repository.commit("feature", { [PATH]: numberedDocument(LINES) }, { by: "olive" });
  pull = await repository.openPull({ head: "feature", title: "The RFC", author: "olive" });
  const database = await createTestDatabase();
  rig = await Rig.prepare(
    { database },
    {
      GITHUB_API_URL: origin,
      GITHUB_TOKEN: github.createToken("redline-bot"),
      GITHUB_POLL_SECONDS: "1",
      TURN_LEASE_SECONDS: "10",
    },
  );
  await rig.start();
  const address = `${origin}/acme/rfcs/pull/${pull}`;
  await rig.client.call("POST", "/api/rfcs", { repository: address, slug: "rfc" });
  const [branch] = await rig.sql<{ name: string }[]>`select branch_name as name from branches`;
  threadId = await rig.client.newThread(branch!.name);
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await github.close();
  await wire[Symbol.asyncDispose]();
});

/** A turn that proposes a change, and the change. @param begins is told when the model is asked */
async function propose(line: number, begins: () => void = () => {}): Promise<string> {
  const edit = lineEdit(line);
  rig.model.reply(({ tag }) => {
    begins();
    return [`Line ${line}:\n`, changeBlock(tag, edit)];
  });
  await (await rig.post(threadId, `line ${line}`)).leave();
  return until(async () => {
    const [row] = await rig.sql<{ id: string }[]>`
      select id from changes where proposed = ${edit.proposed} and state = 'pending'`;
    return row?.id;
  }, `the change of line ${line}`);
}

/** How often a change is shown on the pull request. */
const shown = (changeId: string): number =>
  repository.reviewComments(pull).filter(({ body }) => {
    const marker = parseMarker(body);
    return marker?.kind === "change" && marker.changeId === changeId;
  }).length;

/** As a person who is told to try again, and does. */
async function acceptUntilTaken(changeId: string): Promise<void> {
  for (;;) {
    const { status } = await rig.client.json("POST", `/api/changes/${changeId}/accept`, {});
    if (status === 200) return;
    expect(status).toBe(503);
    await delay(200);
  }
}

const committed = async (changeId: string): Promise<boolean> => {
  const { state } = await rig.client.change(changeId);
  return state === "accepted";
};

const FAULTS: [name: string, fault: WireFault][] = [
  ["the way to GitHub is cut", "cut"],
  // Only after 15 s is a call given up.
  ...(FULL ? ([["the way to GitHub is lost silently", "lose"]] as [string, WireFault][]) : []),
];

it.each(FAULTS)("%s", async (name, fault) => {
  const at = fault === "cut" ? 0 : 5;
  const before = await propose(at);
  await until(async () => shown(before) === 1, "the first suggestion");
  const proposing = propose(at + 1);
  await wire.fail(fault);
  const accepting = acceptUntilTaken(before);
  await delay(SPAN_MS);
  await wire.heal();
  const ended = performance.now();
  const during = await proposing;
  await accepting;
  await until(async () => (await committed(before)) && shown(during) === 1, "both");
  await until(async () => !(await busy()), "the end of all work");
  const tookMs = Math.round(performance.now() - ended);
  reportRecovery({ fault: name, queue: "postgres", tookMs });

  const body = await repository.read(PATH, "feature");
  expect(body.split(`Row ${at} of`)).toHaveLength(2);
  const messages = (await repository.git("log", "--format=%B%x00", "feature")).split("\0");
  expect(messages.filter((one) => one.includes(before))).toHaveLength(1);
  expect(shown(during)).toBe(1);
  expect(await rig.sql`select 1 from turns where state = 'failed'`).toEqual([]);
  expect(github.violations).toEqual([]);
  expect(tookMs).toBeLessThan(RECOVERY_MS);
});

it("SIGTERM while a suggestion is on its way", async () => {
  const first = await propose(10);
  await until(async () => shown(first) === 1, "the first suggestion");
  // By then the document was read.
  const second = await propose(11, () => void wire.fail("stall"));
  await until(async () => {
    const looks = await rig.sql`select 1 from pull_request_looks where lease_until > now()`;
    return looks.length > 0;
  }, "a look at the pull request");
  rig.redline.signal("SIGTERM");
  expect(await rig.redline.ended, rig.redline.output()).toEqual({ code: 0, signal: null });
  await wire.heal();
  await rig.start();
  await until(async () => shown(second) === 1, "the suggestion");
  await until(async () => !(await busy()), "the end of all work");
  expect([shown(first), shown(second)]).toEqual([1, 1]);
  expect(github.violations).toEqual([]);
});

/** Of the database alone: the commits are on GitHub. */
async function busy(): Promise<boolean> {
  return isBusy({ sql: rig.sql, repository: rig.repository });
}
