import { expect, it } from "vitest";

import { readEnvelope } from "../../../adapters/slack/envelopes.ts";
import { SlackInstallations } from "../../../adapters/slack/installations.ts";
import { Encryption } from "../../../src/encryption.ts";
import type { Sql } from "../../../src/store/database.ts";
import { connect } from "../../../src/store/database.ts";
import { putWaitingEvents } from "../../../src/store/inbox.ts";
import { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import type { FakeUser } from "../../fakes/slack/fake-user.ts";
import type { Channel } from "../../fakes/slack/model.ts";
import { createTestDatabase } from "../../support/database.ts";
import { SlackApp } from "../../support/slack-app.ts";
import { until } from "../../support/test-app.ts";
import { Inbound } from "./in-harness.ts";

/** Something is said, and the rest comes to pass while others go on talking. */
async function expectHeard(
  sql: Sql,
  {
    slack,
    inbound,
    ada,
    rfcs,
  }: { slack: FakeSlack; inbound: Inbound; ada: FakeUser; rfcs: Channel },
): Promise<void> {
  ada.says(rfcs, "patience");
  await until(async () => {
    await sql`update inbox set due_at = now() where lease_until is null`;
    ada.says(rfcs, "wake up");
    await slack.settled();
    return inbound.events.some(
      (event) => event.kind === "message" && event.message.text === "patience",
    );
  });
  expect(await sql`select 1 from inbox where state = 'failed'`).toHaveLength(0);
}

it("hears what was said while Slack refused the token", async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 4 });
  const slack = await FakeSlack.start();
  const team = slack.addTeam("Acme");
  const ada = team.addUser("ada", { displayName: "Ada" });
  const rfcs = team.addChannel("rfcs", { members: [ada] });
  const inbound = await Inbound.start({ sql, slack, team, via: "http" });
  slack.fail({ method: "auth.test", error: "invalid_auth", times: 7 });
  await expectHeard(sql, { slack, inbound, ada, rfcs });
  expect(JSON.stringify(inbound.log)).toContain("no longer accepts Redline's sign-in");
  await inbound[Symbol.asyncDispose]();
  await slack.dispose();
  await sql.end();
  await database.drop();
});

it("hears what was said while the installation did not open", async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 4 });
  const slack = await FakeSlack.start();
  const team = slack.addTeam("Acme");
  const ada = team.addUser("ada", { displayName: "Ada" });
  const rfcs = team.addChannel("rfcs", { members: [ada] });
  const [before, after] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  await new SlackInstallations(sql, new Encryption(before)).storeInstallation({
    team: { id: team.id, name: "Acme" },
    enterprise: undefined,
    user: { id: ada.id, token: undefined, scopes: undefined },
    bot: { id: "B1", token: team.botToken, userId: team.botUserId, scopes: [] },
  });
  const [lost, mended] = [
    new SlackInstallations(sql, new Encryption(after)),
    new SlackInstallations(sql, new Encryption(after, [before])),
  ];
  let tries = 0;
  const inbound = await Inbound.start({
    sql,
    slack,
    team,
    via: "http",
    tokens: {
      tokenFor: (teamId) => ((tries += 1) <= 7 ? lost : mended).tokenFor(teamId),
      forget: (...given) => mended.forget(...given),
    },
  });
  await expectHeard(sql, { slack, inbound, ada, rfcs });
  expect(JSON.stringify(inbound.log)).toContain("ENCRYPTION_KEY_PREVIOUS");
  await inbound[Symbol.asyncDispose]();
  await slack.dispose();
  await sql.end();
  await database.drop();
});

it("tells the person of a command that is given up, once", async () => {
  await using world = await SlackApp.start();
  const { sql } = world.app;
  const { team, ada, channel } = world;
  const body = {
    command: "/rfc",
    text: "status",
    team_id: team.id,
    user_id: ada.id,
    channel_id: channel.id,
    trigger_id: "1.1.1",
  };
  await sql.begin(async (tx) => {
    await putWaitingEvents(tx, "slack", [readEnvelope(body)!]);
    // Its process ended each time.
    await tx`update inbox set attempts = 5`;
  });
  ada.says(channel, "that wakes it");
  const [told] = await until(async () => {
    const all = world.told(ada);
    return all.length > 0 ? all : null;
  });
  await world.settled();
  const [row] = await sql<{ errorId: string }[]>`
    select error_id from inbox where state = 'failed'`;
  expect(world.told(ada)).toEqual([told]);
  expect(told).toContain("Something failed on our side");
  expect(JSON.stringify(world.slack.ephemerals(channel, ada.id))).toContain(row!.errorId);
});

it("begins a thread by a command without reading the channel first, and once where the answer is lost", async () => {
  await using world = await SlackApp.start();
  const { slack, ada, channel } = world;
  const begun = () =>
    world.visible().filter(({ text }) => text.includes("is discussed in this thread"));
  const reads = () =>
    slack.callsOf("conversations.history").map(({ args }) => Number(args["oldest"]));
  await ada.runsCommand("/rfc", "link rfc new", channel);
  await until(async () => begun().length === 1, "a thread");
  await world.settled();
  expect(reads()).toEqual([]);
  slack.fail({ method: "chat.postMessage", cut: "after" });
  const before = Date.now();
  await ada.runsCommand("/rfc", "link rfc new", channel);
  await until(async () => begun().length === 2, "another thread");
  await until(async () => {
    await world.app.sql`update inbox set due_at = now() where lease_until is null`;
    ada.says(channel, "that wakes it");
    return reads().length > 0;
  });
  await world.settled();
  expect(begun()).toHaveLength(2);
  expect(before - reads()[0]! * 1_000).toBeLessThan(60_000);
});
