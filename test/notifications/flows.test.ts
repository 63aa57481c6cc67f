/** From what people do in chat to what they are told in private, over the real clients. */
import { describe, expect, it } from "vitest";
import { ask } from "../slack/scene.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";

const readable = (text: string): string => text.replaceAll("\u2060", "");

describe("on Discord", () => {
  it("whoever wrote is told of what others write, until they close their messages", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, discord, app } = world;
    const thread = await world.link();
    const inbox = () => discord.visible(bob.direct).map(({ text }) => readable(text));
    const untold = async () => {
      await until(async () => {
        const rows = await app.sql`
          select 1 from notifications where told_at is null
          union all select 1 from private_messages where state in ('pending', 'sending')`;
        return rows.length === 0;
      }, "all told");
      await app.sql`update notification_settings set direct_after = null`;
    };
    const heard = async ({ id }: { id: string }) => {
      await world.stored(`create:${id}`);
      await world.settled();
    };
    await heard(bob.says(thread, "A minute is too short."));
    ada.says(thread, "An hour, then?");
    await until(async () => inbox().length === 1, "the private message");
    expect(inbox()[0]).toMatch(
      /^ada wrote in a thread about “The RFC”, where you wrote before\. https:\/\/discord\.com\/channels\/\d+\/\d+/u,
    );
    expect(inbox()[0]).toContain("> An hour, then?");
    expect(inbox()[0]).toContain("`/rfc notify direct off`");
    await untold();
    // Who wrote last is told by nobody, and of their own words nothing.
    expect(discord.visible(ada.direct)).toEqual([]);
    bob.blocksBot();
    const opened = () => discord.requestsOf("POST /channels/{channel_id}/messages").length;
    ada.says(thread, "Or two?");
    await until(async () => {
      const [row] = await app.sql`
        select unreachable_why from identities where platform_user_id = ${bob.id}
          and unreachable_since is not null`;
      return row?.["unreachableWhy"];
    }, "that bob cannot be reached");
    await untold();
    const before = opened();
    await heard(ada.says(thread, "Or three?"));
    await untold();
    expect(opened()).toBe(before);
    bob.blocksBot(false);
    await heard(bob.says(thread, "Two."));
    ada.says(thread, "Two it is.");
    await until(async () => inbox().length === 2, "the next private message");
    expect(inbox()[1]).toContain("> Two it is.");
    expect(discord.pings).toEqual([]);
  });
});

describe("in Slack", () => {
  it("nobody is told twice of what the thread tells them, but of what becomes of their change", async () => {
    await using world = await SlackApp.start();
    const { ada, bob, slack, team, channel, app } = world;
    const thread = await world.link();
    bob.says(channel, "A minute is too short.", { threadTs: thread });
    await world.settled();
    ada.says(channel, "An hour, then?", { threadTs: thread });
    await until(async () => {
      const [row] = await app.sql<{ told: boolean | null }[]>`
        select bool_and(told_at is not null) as told from notifications
        where kind = 'chat_reply_to_my_message'`;
      return row!.told;
    }, "that it needs no telling");
    expect(await app.sql`select 1 from private_messages`).toEqual([]);
    const [row] = await app.sql<{ id: string; threadId: string }[]>`
      select i.user_id as id, (select id from threads) as thread_id from identities i
      where platform_user_id = ${bob.id}`;
    const by = { id: row!.id, displayName: "bob", email: null };
    const edit = { original: "one minute", proposed: "one hour" };
    const change = await app.engine.changes.propose(row!.threadId, edit, by);
    const console = await app.engine.people.localMaintainer();
    await app.engine.changes.decline(change.id, "Too long.", console);
    const inbox = () => slack.visible(team.directMessages(bob)).map(({ text }) => readable(text));
    await until(async () => inbox().length === 1, "the private message");
    expect(inbox()[0]).toContain(`declined your change #${change.number} to “The RFC”: Too long.`);
    expect(inbox()[0]).toContain("https://acme.slack.com/archives/");
    bob.says(team.directMessages(bob), "notify direct off");
    await until(async () => {
      return !(await app.engine.notifications.settings(row!.id)).direct;
    }, "the settings to change");
    ask(world, bob, thread, "notify");
    await until(async () => world.told(bob).length === 1, "the settings");
    expect(world.told(bob)[0]).toContain("(Europe/Berlin)");
    expect(slack.pings).toEqual([]);
  });
});
