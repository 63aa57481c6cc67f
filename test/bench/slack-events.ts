import { setTimeout as pause } from "node:timers/promises";

import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import { figure, printTable, quantile } from "./report.ts";
import { seen } from "./support/contenders.ts";
import type { BenchServer } from "./support/start-server.ts";
import { startServer } from "./support/start-server.ts";

export const title =
  "Slack: 200 events a second for 60 s, one process on embedded Postgres (7 of 10 elsewhere, 3 in linked threads, of which one in 30 mentions Redline)";

type Mode = "http" | "socket";

const MODES: Mode[] = ["http", "socket"];
const RATE = 200;
const SECONDS = 60;
const CHANNELS = 20;
const PEOPLE = 40;
const MENTION_EVERY = 100;
/** For what came in to be worked off afterwards. */
const PATIENCE_MS = 180_000;

export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const mode of MODES) rows.push(await measure(mode));
  printTable(
    [
      "by",
      "events",
      "events/s",
      "ack p50 ms",
      "p99 ms",
      "max ms",
      "sent again",
      "not acknowledged",
      "messages lost",
      "failed",
      "worked off after s",
      "idle MiB",
      "after MiB",
      "CPU ms an event",
    ],
    rows,
  );
}

async function measure(mode: Mode): Promise<string[]> {
  const slack = await FakeSlack.start();
  const team = slack.addTeam("Acme");
  const credential: Record<string, string> =
    mode === "http"
      ? { SLACK_SIGNING_SECRET: slack.app.signingSecret }
      : { SLACK_APP_TOKEN: slack.app.appToken };
  try {
    await using server = (await startServer("PostgreSQL", undefined, {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: team.botToken,
      ...credential,
    }))!;
    if (mode === "http") slack.deliverTo(`${server.url}/slack/events`);
    const scene = await prepare(slack, team);
    await slack.settled();
    await seen(() => isWorkedOff(server), "quiet", PATIENCE_MS);
    const stored = await storedOf(server);
    const before = slack.deliveries.all.length;
    const times = timeAcknowledgements(slack);
    const idle = await server.memory();
    const cpu = await server.cpu();
    const { said, seconds } = await flood(slack, team, scene, before);
    await slack.settled();
    const end = performance.now();
    await seen(() => isWorkedOff(server), "the end of the work", PATIENCE_MS);
    const worked = (performance.now() - end) / 1_000;
    const used = (await server.cpu()) - cpu;
    const sent = slack.deliveries.all.slice(before);
    const { failed = 0 } = await server.inbox();
    return [
      mode,
      String(sent.length),
      figure(sent.length / seconds),
      ...[0.5, 0.99, 1].map((q) => figure(quantile(times, q))),
      String(sent.filter(({ attempts }) => attempts.length > 1).length),
      String(sent.filter(({ state }) => state !== "acknowledged").length),
      String(said - ((await storedOf(server)) - stored)),
      String(failed),
      figure(worked),
      figure(idle / 2 ** 20),
      figure((await server.memory()) / 2 ** 20),
      figure(used / sent.length),
    ];
  } finally {
    await slack.close();
  }
}

interface Scene {
  people: FakeUser[];
  linked: { channel: Channel; threadTs: string }[];
  others: Channel[];
}

async function prepare(slack: FakeSlack, team: FakeTeam): Promise<Scene> {
  const people = Array.from({ length: PEOPLE }, (_, n) =>
    team.addUser(`person-${n}`, { isAdmin: n === 0 }),
  );
  const channels = Array.from({ length: 2 * CHANNELS }, (_, n) =>
    team.addChannel(`channel-${n}`, { members: people }),
  );
  const linked = await Promise.all(
    channels.slice(0, CHANNELS).map(async (channel) => {
      const { ts } = people[0]!.says(channel, `${team.mention} link rfc new`);
      await seen(() => slack.visible(channel, ts).length > 1, "a linked thread", PATIENCE_MS);
      return { channel, threadTs: ts };
    }),
  );
  return { people, linked, others: channels.slice(CHANNELS) };
}

/** The milliseconds until each event of those to come is acknowledged. */
function timeAcknowledgements(slack: FakeSlack): number[] {
  const times: number[] = [];
  const { deliveries } = slack;
  const send = deliveries.send.bind(deliveries);
  deliveries.send = async (kind, name, payload) => {
    const start = performance.now();
    const delivery = await send(kind, name, payload);
    times.push(performance.now() - start);
    return delivery;
  };
  return times;
}

/** Open loop: what is to be said is said at its time. A mention is two events, of which one is kept. */
async function flood(
  slack: FakeSlack,
  team: FakeTeam,
  { people, linked, others }: Scene,
  before: number,
): Promise<{ said: number; seconds: number }> {
  const start = performance.now();
  let n = 0;
  for (; slack.deliveries.all.length - before < RATE * SECONDS; n += 1) {
    const events = slack.deliveries.all.length - before;
    const early = start + (events * 1_000) / RATE - performance.now();
    if (early > 1) await pause(early);
    const person = people[n % PEOPLE]!;
    if (n % 10 < 7) {
      person.says(others[n % others.length]!, `Something else entirely, number ${n}.`);
    } else {
      // All threads in turn, whatever the rhythm of the mix.
      const { channel, threadTs } = linked[Math.floor(n / 10 + n) % linked.length]!;
      const isMention = n % MENTION_EVERY === MENTION_EVERY - 1;
      const text = isMention ? `${team.mention} empty` : `An argument, number ${n}.`;
      person.says(channel, text, { threadTs });
    }
  }
  return { said: n, seconds: (performance.now() - start) / 1_000 };
}

async function isWorkedOff(server: BenchServer): Promise<boolean> {
  const { waiting = 0, places = 0 } = await server.inbox();
  return waiting === 0 && places === 0;
}

/** Events in the inbox, whatever became of them. */
async function storedOf(server: BenchServer): Promise<number> {
  const { waiting = 0, done = 0, failed = 0 } = await server.inbox();
  return waiting + done + failed;
}
