/** Events, commands, clicks and modals, over HTTP and Socket Mode, with a plain Bolt app. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { App as BoltApp } from "@slack/bolt";

import { until } from "../../support/test-app.ts";
import { boltOverHttp, boltOverSocket, codeOf, post, webClient } from "./clients.ts";
import { FakeSlack } from "./fake-slack.ts";
import type { FakeTeam } from "./fake-team.ts";
import type { FakeUser } from "./fake-user.ts";
import type { Channel, Json } from "./model.ts";

let slack: FakeSlack;
let team: FakeTeam;
let ada: FakeUser;
let rfcs: Channel;
const running: AsyncDisposable[] = [];

beforeEach(async () => {
  slack = await FakeSlack.start();
  team = slack.addTeam("Acme");
  ada = team.addUser("ada");
  rfcs = team.addChannel("rfcs", { members: [ada] });
});
afterEach(async () => {
  for (const app of running.splice(0)) await app[Symbol.asyncDispose]();
  await slack.dispose();
});

async function connected<App extends AsyncDisposable>(
  how: (slack: FakeSlack, team: FakeTeam, listen: (app: BoltApp) => void) => Promise<App>,
  listen: (app: BoltApp) => void,
): Promise<App> {
  const app = await how(slack, team, listen);
  running.push(app);
  return app;
}

const eventually = async (look: () => boolean): Promise<unknown> => await until(async () => look());

const plain = (text: string): Json => ({ type: "plain_text", text });

/** What a Bolt app heard, by type. */
function listener(): { heard: Json[]; listen: (app: BoltApp) => void } {
  const heard: Json[] = [];
  const listen = (app: BoltApp): void => {
    app.event(/.*/ as never, async ({ event, body }) => {
      heard.push({
        ...(event as unknown as Json),
        event_id: (body as unknown as Json)["event_id"],
      });
    });
  };
  return { heard, listen };
}

const sorted = (words: readonly unknown[]): string[] =>
  words.map(String).sort((a, b) => a.localeCompare(b));

const types = (heard: readonly Json[]): unknown[] =>
  heard.map(({ type, subtype }) => (subtype === undefined ? type : subtype));

const bothWays = [
  ["HTTP", boltOverHttp],
  ["Socket Mode", boltOverSocket],
] as const;

describe.each(bothWays)("over %s", (_name, connect) => {
  it("what people and bots do is told in Slack's shapes", async () => {
    const { heard, listen } = listener();
    await connected(connect, listen);
    const { ts } = ada.says(rfcs, `${team.mention} hello`);
    ada.edits(rfcs, ts, "hello");
    team.addBot("robo").says(rfcs, "beep", { threadTs: ts });
    ada.deletes(rfcs, ts);
    ada.opensHome();
    ada.startsAssistantThread(rfcs);
    team.join(rfcs, team.addUser("bob").id);
    team.deleteChannel(rfcs);
    await slack.settled();
    await eventually(() => heard.length === 9);
    expect(sorted(types(heard))).toEqual(
      sorted([
        "message",
        "app_mention",
        "message_changed",
        "message",
        // A tombstone, for the reply.
        "message_changed",
        "app_home_opened",
        // Without the thread's own first message: Bolt keeps from an app what it said itself.
        "assistant_thread_started",
        "member_joined_channel",
        "channel_deleted",
      ]),
    );
    const byBot = heard.find((event) => event["text"] === "beep");
    expect(byBot).toMatchObject({
      thread_ts: ts,
      bot_id: expect.stringMatching(/^B/) as string,
      channel_type: "channel",
    });
  });

  it("a command is answered, and its response_url works five times", async () => {
    await connected(connect, (app) => {
      app.command("/rfc", async ({ ack, respond, command }) => {
        await ack(`Looking for ${command.text}`);
        for (let use = 1; use <= 5; use += 1) await respond(`answer ${use}`);
      });
    });
    const delivery = await ada.runsCommand("/rfc", "caching", rfcs);
    expect(delivery.state).toBe("acknowledged");
    await eventually(() => slack.ephemerals(rfcs, ada.id).length === 6);
    expect(slack.ephemerals(rfcs, ada.id)[0]).toMatchObject({ text: "Looking for caching" });
    const sixth = await fetch(String(delivery.payload["response_url"]), {
      method: "POST",
      body: "{}",
    });
    expect(sixth.status).toBe(404);
  });

  it("a click carries the message's own button, and can open a modal once", async () => {
    const outcomes: string[] = [];
    await connected(connect, (app) => {
      app.action("approve", async ({ ack, body, client, respond }) => {
        await ack();
        const { trigger_id } = body as unknown as { trigger_id: string };
        const view = modal();
        await client.views.open({ trigger_id, view: view as never });
        outcomes.push(await codeOf(client.views.open({ trigger_id, view: view as never })));
        await respond({ text: "opened", replace_original: true });
      });
      app.view("reason", async ({ ack, view }) => {
        const reason = view.state.values["why"]?.["reason"]?.value ?? "";
        if (reason === "no") await ack({ response_action: "errors", errors: { why: "Say more" } });
        else await ack();
      });
    });
    const web = webClient(slack, team.botToken);
    const button = { type: "button", action_id: "approve", value: "c1", text: plain("Approve") };
    const blocks = [{ type: "actions", elements: [button] }];
    const { ts = "" } = await post(web, {
      channel: rfcs.id,
      text: "A change",
      blocks,
    });
    await expect(ada.clicks(rfcs, ts, "reject")).rejects.toThrow("there are approve (Approve)");
    const click = await ada.clicks(rfcs, ts, "approve");
    expect(click.payload["actions"]).toMatchObject([{ action_id: "approve", value: "c1" }]);
    await eventually(() => slack.visible(rfcs)[0]?.text === "opened");
    expect(outcomes).toEqual(["exchanged_trigger_id"]);
    const open = ada.modal;
    if (!open) throw new Error("no modal came");
    await expect(ada.submits(open)).rejects.toThrow("reason must be filled in");
    await ada.submits(open, { reason: "no" });
    expect(open.errors).toEqual({ why: "Say more" });
    await ada.submits(open, { reason: "because" });
    expect(ada.modal).toBeNull();
  });
});

const modal = (extra: Json = {}): Json => ({
  type: "modal",
  callback_id: "reason",
  title: plain("Why?"),
  submit: plain("Send"),
  blocks: [
    {
      type: "input",
      block_id: "why",
      label: plain("Reason"),
      element: { type: "plain_text_input", action_id: "reason" },
    },
  ],
  ...extra,
});

describe("shortcuts and views", () => {
  it("reach the app from a message, a button inside, and the cross", async () => {
    const heard: unknown[] = [];
    await connected(boltOverSocket, (app) => {
      app.shortcut("suggest", async ({ ack, shortcut, client }) => {
        await ack();
        heard.push((shortcut as unknown as { message: Json }).message["text"]);
        const button = { type: "button", action_id: "more", text: plain("More") };
        const actions = { type: "actions", elements: [button] };
        const view = modal({ notify_on_close: true, submit: undefined, blocks: [actions] });
        await client.views.open({ trigger_id: shortcut.trigger_id, view: view as never });
      });
      app.action("more", async ({ ack, body, client }) => {
        await ack();
        const { trigger_id } = body as unknown as { trigger_id: string };
        await client.views.push({ trigger_id, view: modal({ callback_id: "above" }) as never });
      });
      app.view({ callback_id: "reason", type: "view_closed" }, async ({ ack, view }) => {
        await ack();
        heard.push(view.callback_id);
      });
    });
    await ada.usesShortcut("suggest", ada.says(rfcs, "the limit is 5"));
    await eventually(() => ada.modal !== null);
    const below = ada.modal;
    if (!below) throw new Error("no modal came");
    await ada.clicksIn(below, "more");
    await eventually(() => ada.modal?.callbackId === "above");
    expect(ada.modal?.previousId).toBe(below.id);
    await ada.closes(below);
    await eventually(() => heard.length === 2);
    expect(heard).toEqual(["the limit is 5", "reason"]);
  });
});

describe("HTTP", () => {
  it("is signed, so that Bolt's receiver takes it and no other secret's", async () => {
    const { heard, listen } = listener();
    {
      await using app = await boltOverHttp(slack, team, listen);
      expect(await slack.verifies(app.url)).toBe(true);
      ada.says(rfcs, "signed");
      await slack.settled();
      expect(heard).toHaveLength(1);
    }
    slack.deliveries.timing.retryDelays = [];
    await using other = await boltOverHttp(slack, team, listen, "another secret");
    expect(await slack.verifies(other.url)).toBe(false);
    ada.says(rfcs, "not signed");
    await slack.settled();
    expect(heard).toHaveLength(1);
    expect(slack.deliveries.all.at(-1)?.attempts).toMatchObject([{ status: 401 }]);
  });

  it("comes again until it is acknowledged, at once and after minutes", async () => {
    let calls = 0;
    const seen: unknown[] = [];
    const back = await connected(boltOverHttp, (app) => {
      app.use(async ({ context, next }) => {
        seen.push(context.retryNum ?? 0);
        await next();
      });
      app.event("message", async () => {
        calls += 1;
      });
    });
    const url = "http://127.0.0.1:1/nobody";
    const [working] = [slack.deliveries];
    working.toUrls({ events: url, commands: url, interactivity: url });
    ada.says(rfcs, "hello");
    await slack.settled();
    const [delivery] = slack.deliveries.all;
    expect(delivery).toMatchObject({
      state: "waiting",
      attempts: [{ retryNum: 0 }, { retryNum: 1 }],
    });
    slack.deliverTo(back.url);
    slack.clock.advance(60_000);
    await eventually(() => delivery?.state === "acknowledged");
    await eventually(() => calls === 1);
    expect(seen).toEqual([2]);
    if (delivery) await slack.deliveries.again(delivery);
    await eventually(() => calls === 2);
  });

  it("is held back and let go in another order", async () => {
    const { heard, listen } = listener();
    await connected(boltOverHttp, listen);
    slack.deliveries.hold();
    ada.says(rfcs, "one");
    ada.says(rfcs, "two");
    await slack.settled();
    expect(heard).toEqual([]);
    slack.deliveries.release((held) => held.toReversed());
    await eventually(() => heard.length === 2);
    expect(sorted(heard.map((event) => event["text"]))).toEqual(["one", "two"]);
  });
});

describe("Socket Mode", () => {
  it("gives each event to one connection, and to another what a dead one had", async () => {
    const first = listener();
    const second = listener();
    await connected(boltOverSocket, first.listen);
    await connected(boltOverSocket, second.listen);
    expect(slack.sockets.size).toBe(2);
    for (let at = 0; at < 4; at += 1) ada.says(rfcs, `${at}`);
    await slack.settled();
    await eventually(() => first.heard.length + second.heard.length === 4);
    expect(first.heard).toHaveLength(2);
    ada.says(rfcs, "five");
    ada.says(rfcs, "six");
    slack.sockets.drop("oldest");
    await slack.settled();
    await eventually(() => first.heard.length + second.heard.length >= 6);
    const delivered = slack.deliveries.all.map((one) => one.state);
    expect(new Set(delivered)).toEqual(new Set(["acknowledged"]));
    expect(slack.deliveries.all.some((one) => one.attempts.length === 2)).toBe(true);
  });

  it("is told to go, and comes again", async () => {
    const { heard, listen } = listener();
    await connected(boltOverSocket, listen);
    slack.sockets.disconnect("refresh_requested");
    await eventually(() => slack.callsOf("apps.connections.open").length === 2);
    await eventually(() => slack.sockets.size === 1);
    ada.says(rfcs, "still there?");
    await eventually(() => heard.length === 1);
  });
});

describe("views", () => {
  it("need a fresh trigger, fit the limits, stack three high, and know their hash", async () => {
    await connected(boltOverHttp, (app) => {
      app.command("/rfc", async ({ ack }) => await ack());
      app.action("x", async ({ ack }) => await ack());
    });
    const web = webClient(slack, team.botToken);
    const trigger = async (): Promise<string> =>
      String((await ada.runsCommand("/rfc", "", rfcs)).payload["trigger_id"]);
    const open = async (view: Json): ReturnType<typeof web.views.open> =>
      await web.views.open({ trigger_id: await trigger(), view: view as never });
    expect(await codeOf(web.views.open({ trigger_id: "1.x", view: modal() as never }))).toBe(
      "invalid_trigger_id",
    );
    const late = await trigger();
    slack.clock.advance(3_001);
    expect(await codeOf(web.views.open({ trigger_id: late, view: modal() as never }))).toBe(
      "expired_trigger_id",
    );
    const wrong = [
      modal({ title: plain("x".repeat(25)) }),
      modal({ private_metadata: "x".repeat(3_001) }),
      modal({ submit: undefined }),
      modal({ colour: "red" }),
      modal({ blocks: Array.from({ length: 101 }, () => ({ type: "divider" })) }),
    ];
    for (const view of wrong) expect(await codeOf(open(view))).toBe("invalid_arguments");
    const { view } = await open(modal());
    const update = { view_id: view?.id ?? "", view: modal({ title: plain("Now") }) as never };
    await web.views.update({ ...update, hash: view?.hash ?? "" });
    expect(await codeOf(web.views.update({ ...update, hash: "old" }))).toBe("hash_conflict");
    const push = async (): Promise<unknown> => {
      const trigger_id = slack.world.newTrigger(team.state, ada.id, ada.modal?.id ?? null);
      return await web.views.push({ trigger_id, view: modal() as never });
    };
    await push();
    await push();
    expect(await codeOf(push())).toBe("push_limit_reached");
  });

  it("are a person's App Home", async () => {
    const web = webClient(slack, team.botToken);
    slack.deliveries.hold();
    const blocks = [{ type: "header", text: plain("Your RFCs") }];
    await web.views.publish({ user_id: ada.id, view: { type: "home", blocks } as never });
    expect(ada.home?.view["blocks"]).toMatchObject(blocks);
    ada.opensHome();
    expect(slack.deliveries.all.at(-1)?.payload["event"]).toMatchObject({
      type: "app_home_opened",
      tab: "home",
      view: { id: ada.home?.id, type: "home" },
    });
  });
});

describe("an installation", () => {
  it("ends with both events", async () => {
    slack.deliveries.hold();
    team.uninstall();
    expect(slack.deliveries.all.map((one) => one.name)).toEqual([
      "tokens_revoked",
      "app_uninstalled",
    ]);
    ada.says(rfcs, "anybody?");
    expect(slack.deliveries.all).toHaveLength(2);
  });
});
