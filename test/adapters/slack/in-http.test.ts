import { createHmac, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { createSlackReceiver } from "../../../adapters/slack/http.ts";
import { SlackInstallations } from "../../../adapters/slack/installations.ts";
import { createSlackIntake } from "../../../adapters/slack/intake.ts";
import { BOT_SCOPES } from "../../../adapters/slack/manifest.ts";
import { createSlackOAuth } from "../../../adapters/slack/oauth.ts";
import type { ChatEvent } from "../../../src/chat/chat-event.ts";
import { Encryption } from "../../../src/encryption.ts";
import type { Sql } from "../../../src/store/database.ts";
import { connect } from "../../../src/store/database.ts";
import { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import { createTestDatabase } from "../../support/database.ts";
import type { TestDatabase } from "../../support/database.ts";
import { memoryLogger, until } from "../../support/test-app.ts";
import { Inbound } from "./in-harness.ts";

const SECRET = "shhh";
const NOW = 1_800_000_000_000;

describe("a request to /slack/events", () => {
  const stored: unknown[] = [];
  let outcome: "stored" | Error = "stored";
  const logger = memoryLogger([]);
  const receive = createSlackReceiver({
    signingSecret: SECRET,
    now: () => NOW,
    logger,
    intake: createSlackIntake({
      store: async (event) => {
        if (outcome instanceof Error) throw outcome;
        stored.push(event);
        return outcome;
      },
      logger,
    }),
  });
  const send = (
    body: string | Buffer,
    more: { stamp?: number; secret?: string; headers?: Record<string, string | undefined> } = {},
  ) => {
    const stamp = String(more.stamp ?? NOW / 1_000);
    const hmac = createHmac("sha256", more.secret ?? SECRET)
      .update(`v0:${stamp}:`)
      .update(body);
    return receive(
      {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": `v0=${hmac.digest("hex")}`,
        ...more.headers,
      },
      Buffer.from(body),
    );
  };
  const message = JSON.stringify({
    type: "event_callback",
    token: "verification-token",
    team_id: "T1",
    event_id: "Ev1",
    event: { type: "message", channel: "C1", user: "U1", text: "hi", ts: "1.000001" },
  });
  beforeEach(() => {
    stored.length = 0;
    outcome = "stored";
  });

  it("is stored without Slack's token, and answered with nothing", async () => {
    expect(await send(message)).toEqual({ status: 200, body: "" });
    expect(stored).toMatchObject([{ eventId: "T1/C1/1.000001", lane: "T1/C1/1.000001" }]);
    expect(JSON.stringify(stored)).not.toContain("verification-token");
  });

  it.each([
    ["signed with another secret", { secret: "other" }],
    ["five minutes and a second old", { stamp: NOW / 1_000 - 301 }],
    ["stamped for the future", { stamp: NOW / 1_000 + 301 }],
    ["not signed", { headers: { "x-slack-signature": undefined } }],
    ["signed in short", { headers: { "x-slack-signature": "v0=" } }],
    ["not stamped", { headers: { "x-slack-request-timestamp": undefined } }],
    ["stamped with words", { headers: { "x-slack-request-timestamp": "now" } }],
  ])("is refused when it is %s", async (_, more) => {
    expect((await send(message, more)).status).toBe(401);
    expect(stored).toEqual([]);
  });

  it("is taken at the edge of five minutes", async () => {
    expect((await send(message, { stamp: NOW / 1_000 - 300 })).status).toBe(200);
  });

  it("is verified byte for byte", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"type":"x","a":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect((await send(bytes)).status).toBe(200);
  });

  it("is told to come again when it cannot be stored", async () => {
    outcome = new Error("no database");
    expect((await send(message)).status).toBe(503);
  });

  it("proves the address", async () => {
    const body = JSON.stringify({ type: "url_verification", challenge: "abc", token: "t" });
    expect(await send(body)).toEqual({ status: 200, body: { challenge: "abc" } });
  });

  it.each(["", "{", "null", "[]", '"text"', '{"type":"event_callback"}', '{"type":"view_closed"}'])(
    "survives %j",
    async (body) => {
      expect([200, 400]).toContain((await send(body)).status);
      expect(stored).toEqual([]);
    },
  );
});

describe("many workspaces", () => {
  let database: TestDatabase;
  let sql: Sql;
  const oldKey = randomBytes(32);

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = connect(database.url, { max: 8 });
  });
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });

  async function world() {
    const slack = await FakeSlack.start();
    const team = slack.addTeam("Acme", null);
    const ada = team.addUser("ada", { displayName: "Ada" });
    const encryption = new Encryption(oldKey);
    const installations = new SlackInstallations(sql, encryption);
    const logger = memoryLogger([]);
    const { clientId, clientSecret } = slack.app;
    const pages = createSlackOAuth({
      clientId,
      clientSecret,
      apiUrl: slack.apiUrl,
      publicUrl: null,
      installations,
      encryption,
      sql,
      logger,
    });
    const inbound = await Inbound.start({
      sql,
      slack,
      team,
      via: "http",
      tokens: installations,
      pages,
    });
    const begin = async () => {
      const answer = await fetch(`${inbound.url}/slack/install`, { redirect: "manual" });
      const target = new URL(answer.headers.get("location") ?? "http://nowhere");
      const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0]!;
      return {
        status: answer.status,
        target,
        cookie,
        state: target.searchParams.get("state") ?? "",
      };
    };
    const finish = (state: string, cookie: string, code = team.oauthCode(ada, BOT_SCOPES)) => {
      const query = new URLSearchParams({ code, state });
      return fetch(`${inbound.url}/slack/oauth_redirect?${query}`, { headers: { cookie } });
    };
    return {
      slack,
      team,
      ada,
      inbound,
      installations,
      begin,
      finish,
      async [Symbol.asyncDispose]() {
        await inbound[Symbol.asyncDispose]();
        await slack.close();
        await sql`truncate inbox, workspaces cascade`;
      },
    };
  }

  it("add the app, and are heard from then on until they remove it", async () => {
    await using w = await world();
    const { status, target, cookie, state } = await w.begin();
    expect(status).toBe(302);
    expect(target.origin + target.pathname).toBe("https://slack.com/oauth/v2/authorize");
    expect(target.searchParams.get("scope")?.split(",").toSorted()).toEqual(
      [...BOT_SCOPES].toSorted(),
    );
    const done = await w.finish(state, cookie);
    expect([done.status, await done.text()]).toEqual([
      200,
      expect.stringContaining("is installed"),
    ]);
    expect(await w.installations.tokenFor(w.team.id)).toEqual({
      token: w.team.botToken,
      botUserId: w.team.botUserId,
    });
    const rows = await sql<{ sealed: string }[]>`select sealed from installations`;
    expect(rows.map(({ sealed }) => sealed).join()).not.toContain("xoxb");

    const rfcs = w.team.addChannel("rfcs", { members: [w.ada] });
    w.ada.says(rfcs, "hello");
    expect(await w.inbound.settled()).toMatchObject([{ message: { text: "hello" } }]);

    const bot = w.team.botUserId;
    const tell = (event: object) =>
      w.slack.deliveries.send("events_api", "x", {
        type: "event_callback",
        team_id: w.team.id,
        event_id: randomBytes(4).toString("hex"),
        event,
      });
    await tell({ type: "tokens_revoked", tokens: { oauth: [w.ada.id], bot: [] } });
    await tell({ type: "tokens_revoked", tokens: { oauth: [], bot: ["U0OTHER"] } });
    await w.inbound.settled();
    expect(await w.installations.tokenFor(w.team.id)).not.toBeNull();
    await tell({ type: "tokens_revoked", tokens: { oauth: [], bot: [bot] } });
    await w.inbound.settled();
    expect(await w.installations.tokenFor(w.team.id)).toBeNull();
    const gone: ChatEvent = { kind: "uninstalled", platform: "slack", workspaceId: w.team.id };
    expect(w.inbound.events.slice(1)).toEqual([gone]);
    await tell({ type: "app_uninstalled" });
    expect((await w.inbound.settled()).slice(1)).toEqual([gone, gone]);
  });

  it("do not come back with a state that was used, is foreign, or is another browser's", async () => {
    await using w = await world();
    const { cookie, state } = await w.begin();
    const other = await w.begin();
    expect((await w.finish(state, other.cookie)).status).toBe(400);
    expect((await w.finish("forged", "slack-app-oauth-state=forged")).status).toBe(400);
    expect((await w.finish(state, cookie)).status).toBe(200);
    const again = await w.finish(state, cookie);
    expect([again.status, await again.text()]).toEqual([
      400,
      expect.stringContaining("used before"),
    ]);
  });

  it("are read with the older key and sealed with the new one", async () => {
    await using w = await world();
    const { cookie, state } = await w.begin();
    await w.finish(state, cookie);
    const newKey = randomBytes(32);
    const rotated = new SlackInstallations(sql, new Encryption(newKey, [oldKey]));
    expect(await rotated.tokenFor(w.team.id)).toMatchObject({ token: w.team.botToken });
    const onlyNew = new SlackInstallations(sql, new Encryption(newKey));
    await until(async () => (await onlyNew.tokenFor(w.team.id)) !== null);
  });

  it("keep an installation that is newer than the news of its end", async () => {
    await using w = await world();
    const before = new Date(Date.now() - 60_000);
    const { cookie, state } = await w.begin();
    await w.finish(state, cookie);
    expect(await w.installations.forget(w.team.id, null, before)).toBe(false);
    expect(await w.installations.tokenFor(w.team.id)).not.toBeNull();
  });

  it("keep an installation that is newer than an end that is heard of late", async () => {
    await using w = await world();
    const uninstalled = (id: string, at: number) =>
      w.slack.deliveries.send("events_api", "app_uninstalled", {
        type: "event_callback",
        team_id: w.team.id,
        event_id: id,
        event_time: Math.floor(at / 1_000),
        event: { type: "app_uninstalled" },
      });
    const { cookie, state } = await w.begin();
    await w.finish(state, cookie);
    await uninstalled("EvLate", Date.now() - 60_000);
    expect(await w.inbound.settled()).toEqual([]);
    expect(await w.installations.tokenFor(w.team.id)).not.toBeNull();
    // A clock that runs ahead is not believed beyond the moment at which it was heard.
    await uninstalled("EvNow", Date.now() + 60_000);
    expect(await w.inbound.settled()).toMatchObject([{ kind: "uninstalled" }]);
    expect(await w.installations.tokenFor(w.team.id)).toBeNull();
  });
});
