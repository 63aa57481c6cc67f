/** Every method of the contract answers as the contract has it: with the real WebClient. */
import { readFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { WebClient } from "@slack/web-api";

import { codeOf, post, webClient } from "./clients.ts";
import { FakeSlack } from "./fake-slack.ts";
import type { FakeTeam } from "./fake-team.ts";
import type { FakeUser } from "./fake-user.ts";
import type { Channel, Json } from "./model.ts";

let slack: FakeSlack;
let team: FakeTeam;
let ada: FakeUser;
let rfcs: Channel;
let web: WebClient;

beforeEach(async () => {
  slack = await FakeSlack.start();
  slack.deliveries.hold();
  team = slack.addTeam("Acme");
  ada = team.addUser("ada");
  rfcs = team.addChannel("rfcs", { members: [ada] });
  web = webClient(slack, team.botToken);
});
afterEach(async () => await slack.dispose());

const plain = (text: string): Json => ({ type: "plain_text", text });
const view = (type: string): Json => ({
  type,
  ...(type === "modal" && { title: plain("Title") }),
  blocks: [{ type: "divider" }],
});

async function callAll(): Promise<void> {
  const channel = rfcs.id;
  const call = async (method: string, args: Json = {}, client = web): Promise<Json> => ({
    ...(await client.apiCall(method, args)),
  });
  const { ts: timestamp } = ada.says(rfcs, "see https://example.org/rfc");
  const trigger = (viewId: string | null = null): string =>
    slack.world.newTrigger(team.state, ada.id, viewId);
  const { ts } = await post(web, { channel, text: "x", thread_ts: timestamp });
  await call("auth.test");
  await call("apps.connections.open", {}, webClient(slack, slack.app.appToken));
  await call("bots.info", { bot: team.installed.botId });
  await call("team.info");
  await call("users.info", { user: ada.id });
  await call("users.lookupByEmail", { email: ada.person.email });
  await call("chat.update", { channel, ts, text: "y" });
  await call("chat.postEphemeral", { channel, user: ada.id, text: "x", thread_ts: timestamp });
  expect(await call("chat.getPermalink", { channel, message_ts: ts })).toMatchObject({
    permalink: expect.stringContaining(`thread_ts=${timestamp}`) as string,
  });
  const recipient = { recipient_user_id: ada.id, recipient_team_id: team.id };
  const stream = await call("chat.startStream", { channel, thread_ts: timestamp, ...recipient });
  const streamed = { channel, ts: stream["ts"], markdown_text: "x" };
  await call("chat.appendStream", streamed);
  await call("chat.stopStream", streamed);
  const unfurls = { "https://example.org/rfc": { title: "RFC" } };
  await call("chat.unfurl", { channel, ts: timestamp, unfurls });
  await call("chat.delete", { channel, ts });
  await call("conversations.info", { channel });
  await call("conversations.history", { channel });
  await call("conversations.replies", { channel, ts: timestamp });
  await call("conversations.open", { users: ada.id });
  await call("conversations.join", { channel: team.addChannel("new", { withBot: false }).id });
  await call("conversations.members", { channel });
  await call("conversations.list", { types: "public_channel,im" });
  await call("reactions.add", { channel, timestamp, name: "eyes" });
  await call("reactions.remove", { channel, timestamp, name: "eyes" });
  const opened = await call("views.open", { trigger_id: trigger(), view: view("modal") });
  const view_id = (opened["view"] as Json)["id"] as string;
  await call("views.push", { trigger_id: trigger(view_id), view: view("modal") });
  await call("views.update", { view_id, view: view("modal") });
  await call("views.publish", { user_id: ada.id, view: view("home") });
  const thread = { channel_id: channel, thread_ts: timestamp };
  await call("agents.sessions.setStatus", { ...thread, status: "processing" });
  await call("assistant.threads.setStatus", { ...thread, status: "is reading" });
  await call("assistant.threads.setTitle", { ...thread, title: "Caching" });
  const prompts = [{ title: "Summarise", message: "Summarise the RFC" }];
  await call("assistant.threads.setSuggestedPrompts", { ...thread, prompts });
  await web.filesUploadV2({ channel_id: channel, content: "text", filename: "rfc.md" });
  const fresh = slack.addTeam("Fresh", null);
  const code = fresh.oauthCode(fresh.addUser("eve"), ["chat:write"]);
  const { clientId: client_id, clientSecret: client_secret } = slack.app;
  await call("oauth.v2.access", { client_id, client_secret, code }, webClient(slack));
  await call("auth.revoke");
}

describe("the methods", () => {
  it("all answer as the contract has it", async () => {
    await callAll();
    const file = new URL("../../contracts/slack.methods.json", import.meta.url);
    const { methods } = JSON.parse(readFileSync(file, "utf8")) as { methods: Json };
    const called = new Set(slack.callsOf().map((one) => one.method));
    expect(Object.keys(methods).filter((method) => !called.has(method))).toEqual([]);
    expect(slack.callsOf().filter((one) => one.error !== null)).toEqual([]);
    expect(slack.session(rfcs, rfcs.messages[0]?.ts ?? "")).toMatchObject({
      status: "processing",
      activity: "is reading",
      title: "Caching",
    });
  });

  it("page what is long", async () => {
    const parent = ada.says(rfcs, "start");
    for (let reply = 1; reply <= 5; reply += 1) {
      ada.says(rfcs, `${reply}`, { threadTs: parent.ts });
    }
    const where = { channel: rfcs.id, ts: parent.ts, limit: 2 };
    const texts: unknown[] = [];
    for await (const page of web.paginate("conversations.replies", where)) {
      texts.push((page as unknown as { messages: Json[] }).messages.map((one) => one["text"]));
    }
    expect(texts).toEqual([
      ["start", "1", "2"],
      ["start", "3", "4"],
      ["start", "5"],
    ]);
  });

  it("refuse a second reaction, a foreign message and a missing one", async () => {
    const { ts: timestamp } = ada.says(rfcs, "x");
    const reaction = { channel: rfcs.id, timestamp, name: "eyes" };
    await web.reactions.add(reaction);
    expect(await codeOf(web.reactions.add(reaction))).toBe("already_reacted");
    await web.reactions.remove(reaction);
    expect(await codeOf(web.reactions.remove(reaction))).toBe("no_reaction");
    const foreign = web.chat.delete({ channel: rfcs.id, ts: timestamp });
    expect(await codeOf(foreign)).toBe("cant_delete_message");
    const missing = web.conversations.replies({ channel: rfcs.id, ts: "1.000000" });
    expect(await codeOf(missing)).toBe("thread_not_found");
    team.leave(rfcs, team.botUserId);
    expect(await codeOf(web.conversations.history({ channel: rfcs.id }))).toBe("not_in_channel");
  });
});
