/** Posts, tokens, scopes, limits, faults and the contract: with the real WebClient. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { WebClient } from "@slack/web-api";

import { codeOf, post, webClient } from "./clients.ts";
import { FakeSlack } from "./fake-slack.ts";
import type { FakeTeam } from "./fake-team.ts";
import type { FakeUser } from "./fake-user.ts";
import { BOT_SCOPES } from "./install.ts";
import type { Channel } from "./model.ts";

let slack: FakeSlack;
let team: FakeTeam;
let ada: FakeUser;
let rfcs: Channel;
let web: WebClient;

beforeEach(async () => {
  slack = await FakeSlack.start({ timing: { ackTimeout: 1, retryDelays: [] } });
  team = slack.addTeam("Acme");
  ada = team.addUser("ada", { isAdmin: true });
  rfcs = team.addChannel("rfcs", { members: [ada] });
  web = webClient(slack, team.botToken);
});
afterEach(async () => await slack.dispose());

const section = (
  text: string,
  id?: string,
): { type: "section"; text: { type: "mrkdwn"; text: string } } => ({
  type: "section",
  text: { type: "mrkdwn", text },
  ...(id !== undefined && { block_id: id }),
});

describe("messages", () => {
  it("are posted, threaded, changed and deleted", async () => {
    const posted = await post(web, { channel: rfcs.id, text: "hello" });
    const ts = posted.ts ?? "";
    const reply = await post(web, { channel: rfcs.id, text: "more", thread_ts: ts });
    expect(Number(reply.ts)).toBeGreaterThan(Number(ts));
    await web.chat.update({ channel: rfcs.id, ts, text: "hello again" });
    expect(slack.visible(rfcs)).toMatchObject([
      { ts, text: "hello again", isEdited: true, isBot: true },
    ]);
    expect(slack.visible(rfcs, ts).map((one) => one.text)).toEqual(["hello again", "more"]);
    const { messages } = await web.conversations.replies({ channel: rfcs.id, ts });
    expect(messages?.map((one) => one.thread_ts)).toEqual([ts, ts]);
    await web.chat.delete({ channel: rfcs.id, ts });
    expect(slack.visible(rfcs)).toMatchObject([{ ts, state: "deleted" }]);
    await web.chat.delete({ channel: rfcs.id, ts: reply.ts ?? "" });
    expect(slack.visible(rfcs, ts)).toHaveLength(1);
  });

  it("keep their blocks when only the text changes", async () => {
    const blocks = [section("*A change*")];
    const { ts = "" } = await post(web, { channel: rfcs.id, text: "a change", blocks });
    await web.chat.update({ channel: rfcs.id, ts, text: "another" });
    expect(slack.visible(rfcs)).toMatchObject([{ text: "*A change*", fallback: "another" }]);
    await web.chat.update({ channel: rfcs.id, ts, text: "none", blocks: [] });
    expect(slack.visible(rfcs)).toMatchObject([{ text: "none", blocks: [] }]);
  });

  it("go where the bot is, and nowhere else", async () => {
    const text = "x";
    const elsewhere = team.addChannel("elsewhere", { withBot: false });
    const secret = team.addChannel("secret", { kind: "private", withBot: false });
    const old = team.addChannel("old");
    team.archive(old);
    const send = (channel: string): Promise<unknown> => post(web, { channel, text });
    expect(await codeOf(send(elsewhere.id))).toBe("not_in_channel");
    expect(await codeOf(send(secret.id))).toBe("channel_not_found");
    expect(await codeOf(send(old.id))).toBe("is_archived");
    expect(await codeOf(send("C0"))).toBe("channel_not_found");
    expect(await codeOf(post(web, { channel: rfcs.id, text, thread_ts: "1.000000" }))).toBe(
      "thread_not_found",
    );
    const theirs = ada.says(rfcs, "mine");
    expect(await codeOf(web.chat.update({ channel: rfcs.id, ts: theirs.ts, text }))).toBe(
      "cant_update_message",
    );
    expect(await codeOf(web.chat.update({ channel: rfcs.id, ts: "1.000000", text }))).toBe(
      "message_not_found",
    );
    // A person's id is their direct messages.
    await post(web, { channel: ada.id, text });
    expect(slack.visible(team.directMessages(ada))).toHaveLength(1);
  });

  it("have the sizes that Slack allows", async () => {
    const channel = rfcs.id;
    const { ts = "" } = await post(web, { channel, text: "x".repeat(41_000) });
    expect(slack.visible(rfcs)[0]?.text).toHaveLength(40_000);
    expect(await codeOf(web.chat.update({ channel, ts, text: "x".repeat(4_001) }))).toBe(
      "msg_too_long",
    );
    expect(await codeOf(post(web, { channel, markdown_text: "x".repeat(12_001) }))).toBe(
      "msg_too_long",
    );
    const button = (id: string, value = "v"): object => ({
      type: "button",
      action_id: id,
      value,
      text: { type: "plain_text", text: "Go" },
    });
    const wrong: object[][] = [
      [section("x".repeat(3_001))],
      [section("a", "same"), section("b", "same")],
      [{ type: "header", text: { type: "plain_text", text: "x".repeat(151) } }],
      [{ type: "header", text: { type: "mrkdwn", text: "x" } }],
      [{ type: "actions", elements: [button("a"), button("a")] }],
      [{ type: "actions", elements: [button("a", "x".repeat(2_001))] }],
      [{ type: "actions", elements: [button("x".repeat(256))] }],
      [{ type: "sektion", text: "x" }],
      Array.from({ length: 51 }, () => ({ type: "divider" })),
    ];
    for (const blocks of wrong) {
      expect(await codeOf(post(web, { channel, text: "x", blocks: blocks as never }))).toBe(
        "invalid_blocks",
      );
      slack.clock.advance(1_000);
    }
    const many = Array.from({ length: 5 }, () => section("x".repeat(2_900)));
    expect(await codeOf(post(web, { channel, text: "x", blocks: many }))).toBe(
      "msg_blocks_too_long",
    );
  });

  it("ping whom they name, outside of code", async () => {
    const text = `\`<@${ada.id}>\` and @here`;
    await post(web, { channel: rfcs.id, text });
    expect(slack.pings).toEqual([]);
    await post(web, { channel: rfcs.id, text, link_names: true });
    const blocks = [section(`<@${ada.id}> <!channel>`)];
    const { ts } = await post(web, { channel: rfcs.id, text: "x", blocks });
    await post(web, { channel: rfcs.id, text: "<!subteam^S1|team> &lt;!here&gt;" });
    expect(slack.pings.map((ping) => ping.kind)).toEqual(["here", "user", "channel", "subteam"]);
    expect(slack.pings[1]).toMatchObject({ id: ada.id, ts, by: "post" });
  });

  it("for one person are seen by nobody else", async () => {
    const bob = team.addUser("bob");
    const only = { channel: rfcs.id, text: "psst" };
    expect(await codeOf(web.chat.postEphemeral({ ...only, user: bob.id }))).toBe(
      "user_not_in_channel",
    );
    await web.chat.postEphemeral({ ...only, user: ada.id });
    expect(slack.visible(rfcs)).toEqual([]);
    expect(slack.ephemerals(rfcs, ada.id)).toMatchObject([{ text: "psst" }]);
  });
});

describe("tokens", () => {
  it("are needed, belong to one team, and end", async () => {
    expect(await codeOf(webClient(slack).auth.test())).toBe("not_authed");
    expect(await codeOf(webClient(slack, "xoxb-wrong").auth.test())).toBe("invalid_auth");
    const { botToken } = team;
    expect(await webClient(slack, botToken).auth.test()).toMatchObject({ team_id: team.id });
    const other = slack.addTeam("Other");
    const there = webClient(slack, other.botToken);
    const into = post(there, { channel: rfcs.id, text: "x" });
    expect(await codeOf(into)).toBe("channel_not_found");
    await there.auth.revoke();
    expect(await codeOf(there.auth.test())).toBe("token_revoked");
    team.uninstall();
    expect(await codeOf(web.auth.test())).toBe("account_inactive");
  });

  it("reach as far as their scopes", async () => {
    const scopes = BOT_SCOPES.filter(
      (scope) => scope !== "groups:history" && scope !== "users:read",
    );
    const narrow = slack.addTeam("Narrow", scopes);
    const client = webClient(slack, narrow.botToken);
    const secret = narrow.addChannel("secret", { kind: "private" });
    const open = narrow.addChannel("open");
    await client.conversations.history({ channel: open.id });
    expect(await codeOf(client.conversations.history({ channel: secret.id }))).toBe(
      "missing_scope",
    );
    const refused = await client.users
      .info({ user: narrow.botUserId })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ data: { error: "missing_scope", needed: "users:read" } });
  });

  it("come from OAuth, a code for each installation", async () => {
    const fresh = slack.addTeam("Fresh", null);
    const eve = fresh.addUser("eve");
    const code = fresh.oauthCode(eve, ["chat:write"]);
    const { clientId: client_id, clientSecret: client_secret } = slack.app;
    const open = webClient(slack);
    const wrong = open.oauth.v2.access({ client_id, client_secret: "no", code });
    expect(await codeOf(wrong)).toBe("bad_client_secret");
    const granted = await open.oauth.v2.access({ client_id, client_secret, code });
    expect(granted).toMatchObject({ team: { id: fresh.id }, authed_user: { id: eve.id } });
    expect(granted.access_token).toBe(fresh.botToken);
    const again = open.oauth.v2.access({ client_id, client_secret, code });
    expect(await codeOf(again)).toBe("invalid_code");
  });
});

describe("limits", () => {
  it("are per method and team, in a window that passes", async () => {
    const list = (client = web): Promise<unknown> => client.conversations.list();
    for (let call = 0; call < 20; call += 1) await list();
    const refused = await list().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "slack_webapi_rate_limited_error" });
    expect((refused as { retryAfter: number }).retryAfter).toBeGreaterThan(50);
    expect(slack.callsOf("conversations.list").at(-1)).toMatchObject({ status: 429 });
    await list(webClient(slack, slack.addTeam("Other").botToken));
    slack.clock.advance(60_000);
    await list();
  });

  it("let one message a second into a channel, after a burst", async () => {
    const send = (channel = rfcs): Promise<unknown> =>
      post(web, { channel: channel.id, text: "x" });
    for (let call = 0; call < 5; call += 1) await send();
    expect(await codeOf(send())).toBe("slack_webapi_rate_limited_error");
    await send(team.addChannel("other"));
    slack.clock.advance(1_000);
    await send();
  });

  it("are narrow for reads outside of the Marketplace", async () => {
    slack.limits.options.marketplace = false;
    const { ts } = ada.says(rfcs, "start");
    for (let reply = 0; reply < 20; reply += 1) ada.says(rfcs, `${reply}`, { threadTs: ts });
    const read = (): ReturnType<typeof web.conversations.replies> =>
      web.conversations.replies({ channel: rfcs.id, ts, limit: 100 });
    expect((await read()).messages).toHaveLength(16);
    expect(await codeOf(read())).toBe("slack_webapi_rate_limited_error");
  });
});

describe("faults", () => {
  it("strike before or after the effect, for a while", async () => {
    const send = (text: string): Promise<unknown> => post(web, { channel: rfcs.id, text });
    const method = "chat.postMessage";
    slack.fail({ method, error: "internal_error" });
    expect(await codeOf(send("1"))).toBe("internal_error");
    slack.fail({ method, status: 503 });
    expect(await codeOf(send("2"))).toBe("slack_webapi_http_error");
    slack.fail({ method, cut: "before" });
    expect(await codeOf(send("3"))).toBe("slack_webapi_request_error");
    slack.fail({ method, cut: "after" });
    expect(await codeOf(send("4"))).toBe("slack_webapi_request_error");
    expect(slack.visible(rfcs).map((one) => one.text)).toEqual(["4"]);
    slack.limits.block(method, 5_000);
    expect(await codeOf(send("5"))).toBe("slack_webapi_rate_limited_error");
    slack.clock.advance(5_000);
    await send("6");
  });
});

describe("the contract", () => {
  it("notes what Slack does not know, and disposing tells it", async () => {
    await web.apiCall("chat.postMessage", { channel: rfcs.id, text: "x", threadts: "1" });
    await codeOf(web.apiCall("chat.getPermalink", { channel: rfcs.id }));
    await codeOf(web.apiCall("chat.scheduleMessage", {}));
    await codeOf(web.apiCall("agents.sessions.setStatus", { channel_id: rfcs.id, status: "busy" }));
    expect(slack.forgive()).toEqual([
      "chat.postMessage: argument threadts is not in the contract",
      "chat.getPermalink: argument message_ts is missing",
      "chat.scheduleMessage: not in the contract",
      expect.stringContaining("argument status must be equal to one of the allowed values"),
    ]);
    const other = await FakeSlack.start();
    await codeOf(webClient(other, "x").apiCall("no.such", {}));
    await expect(other.dispose()).rejects.toThrow("no.such: not in the contract");
  });

  it("takes JSON as well as forms", async () => {
    const call = async (method: string, body: object): Promise<unknown> => {
      const headers = {
        authorization: `Bearer ${team.botToken}`,
        "content-type": "application/json",
      };
      const request = { method: "POST", headers, body: JSON.stringify(body) };
      return await (await fetch(slack.apiUrl + method, request)).json();
    };
    expect(
      await call("chat.postMessage", { channel: rfcs.id, blocks: [section("x")] }),
    ).toMatchObject({
      ok: true,
      message: { blocks: [{ type: "section" }] },
    });
    await call("users.info", { user: ada.id });
    expect(slack.forgive()).toEqual(["users.info: takes no JSON body"]);
  });
});
