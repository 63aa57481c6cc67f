import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { putSettings } from "../../src/store/notification-settings.ts";
import { ensureUser } from "../../src/store/people.ts";
import { mute } from "../../src/store/watches.ts";
import { DeliveryWorld } from "./delivery-world.ts";

let world: DeliveryWorld;
let rfc: string;
let ann: string;
beforeAll(async () => {
  world = await DeliveryWorld.start();
  rfc = await world.rfc();
  ann = await world.person("ann", "slack/T1/UANN");
});
afterAll(() => world[Symbol.asyncDispose]());

async function tell(): Promise<void> {
  await world.delivery().tellDirect();
  await world.delivery().send();
}

let people = 0;
/** Somebody whom Ann answered in a thread of the console. */
async function answered(text = "I agree.", ...accounts: string[]) {
  const account = `slack/T1/U${(people += 1)}`;
  const bob = await world.person("bob", ...(accounts.length > 0 ? accounts : [account]));
  const threadId = await world.thread(rfc, "Retries");
  await world.says(threadId, bob, "What about retries?");
  const answer = async (words: string) => {
    const messageId = await world.says(threadId, ann, words);
    await world.notify(bob, "chat_reply_to_my_message", rfc, { threadId, messageId });
    return messageId;
  };
  const messageId = await answer(text);
  return { bob, account, threadId, messageId, answer };
}

describe("what concerns somebody", () => {
  it("comes at once, says why, and how to stop it", async () => {
    const { bob, account, threadId } = await answered();
    await tell();
    expect(world.inbox(account)).toEqual([
      [
        `ann wrote in “Retries” about “The RFC”, where you wrote before. https://redline.example/rfcs/${rfc}/threads/${threadId}`,
        "> I agree.",
        "",
        "_You get this because you wrote in the thread. To stop this: `mute` in the thread, or `notify direct off` here._",
      ].join("\n"),
    ]);
    await tell();
    expect(world.inbox(account)).toHaveLength(1);
    expect(await world.untold(bob)).toBe(0);
    const kept = await world.sql`select 1 from private_messages where markdown <> ''`;
    expect(kept).toEqual([]);
  });

  it("comes together within a few minutes", async () => {
    const { account, bob, threadId, answer } = await answered();
    await tell();
    await answer("And more.");
    await answer("And yet more.");
    await world.notify(bob, "change_stale", rfc, { threadId });
    await tell();
    expect(world.inbox(account)).toHaveLength(1);
    await world.afterAWhile();
    await tell();
    const [, second = "", ...rest] = world.inbox(account);
    expect(rest).toEqual([]);
    expect(second).toContain(
      "2 messages by ann in “Retries” about “The RFC”, where you wrote before.",
    );
    expect(second).toContain("> And yet more.");
    expect(second).toContain("stale");
    expect(second).toContain("because you wrote in the thread and the change is yours");
  });

  it("is not told by two processes, nor twice by one that did not come to its end", async () => {
    const { account } = await answered();
    await Promise.all([tell(), tell(), tell()]);
    expect(world.inbox(account)).toHaveLength(1);
  });

  it("is left out where it is past, muted, or was seen in the console", async () => {
    const { account, bob, threadId, messageId } = await answered();
    await world.sql`update thread_messages set deleted_at = now() where id = ${messageId}`;
    await tell();
    const again = await answered();
    await mute(world.sql, again.bob, { rfcSlug: rfc, threadId: again.threadId });
    await tell();
    const third = await answered();
    await world.sql`update notifications set read_at = now() where user_id = ${third.bob}`;
    await tell();
    const fourth = await answered();
    await putSettings(world.sql, fourth.bob, { direct: false });
    await tell();
    for (const one of [account, again.account, third.account, fourth.account]) {
      expect(world.inbox(one)).toEqual([]);
    }
    expect(await world.untold(bob)).toBe(0);
    expect(await world.untold(fourth.bob)).toBe(0);
    expect(threadId).not.toBe(again.threadId);
  });

  it("is not told where Slack tells whoever wrote in that very place", async () => {
    const [slack, discord] = ["slack/T1/UTOLD", "discord/G1/77"];
    const bob = await world.person("bob", slack);
    const dan = await world.person("dan", discord);
    const threadId = await world.thread(rfc);
    const [here, there] = [
      await world.hold(threadId, "slack/T1"),
      await world.hold(threadId, "discord/G1"),
    ];
    await world.says(threadId, bob, "In Slack.", here);
    await world.says(threadId, dan, "In Discord.", there);
    const tellBoth = async () => {
      const messageId = await world.says(threadId, ann, "To all.", here);
      for (const one of [bob, dan]) {
        await world.notify(one, "chat_reply_to_my_message", rfc, { threadId, messageId });
      }
      await tell();
    };
    await tellBoth();
    expect(world.inbox(slack)).toEqual([]);
    expect(world.inbox(discord)).toHaveLength(1);
    expect(world.inbox(discord)[0]).toContain("`/rfc mute`");
    expect(world.inbox(discord)[0]).toContain("https://discord.example/G1/");
    expect(await world.untold(bob)).toBe(0);
    // Once the place is not linked any more, nobody else tells.
    await world.sql`update thread_links set ended_at = now() where id = ${here}`;
    await world.afterAWhile();
    await tellBoth();
    expect(world.inbox(slack)).toHaveLength(1);
  });

  it("goes to the account that was heard of last and may see it", async () => {
    const threadId = await world.thread(rfc);
    await world.hold(threadId, "slack/T1");
    const accounts = ["slack/T1/USAM", "slack/T2/USAM2", "discord/G1/78"];
    const bob = await world.person("sam", ...accounts);
    const messageId = await world.says(threadId, ann, "Here.");
    await world.notify(bob, "chat_reply_to_my_message", rfc, { threadId, messageId });
    await tell();
    expect(accounts.map((one) => world.inbox(one).length)).toEqual([1, 0, 0]);
    // What is held in no chat may be told anywhere.
    const free = await world.thread(rfc);
    const next = await world.says(free, ann, "Here.");
    await world.notify(bob, "chat_reply_to_my_message", rfc, { threadId: free, messageId: next });
    await world.afterAWhile();
    await tell();
    expect(accounts.map((one) => world.inbox(one).length)).toEqual([1, 0, 1]);
  });

  it("repeats nothing of a closed place in another workspace", async () => {
    const threadId = await world.thread(rfc, "Secret plan");
    const link = await world.hold(threadId, "slack/T9", "channel");
    const elsewhere = "discord/G1/79";
    const bob = await world.person("kim", elsewhere);
    const [inside, insider] = ["slack/T9/UIN", await world.person("ina", "slack/T9/UIN")];
    for (const one of [bob, insider]) {
      const messageId = await world.says(threadId, ann, `The secret (${one}).`, link);
      await world.notify(one, "chat_reply_to_my_message", rfc, { threadId, messageId });
    }
    await tell();
    expect(world.inbox(elsewhere)[0]).toMatch(/^Somebody wrote in a thread about “The RFC”/u);
    expect(world.inbox(elsewhere)[0]).not.toMatch(/secret|ann/iu);
    // Whether somebody still may read in the place, the platform alone knows.
    expect(world.inbox(inside)[0]).toContain("ann wrote in “Secret plan”");
    expect(world.inbox(inside)[0]).not.toContain("The secret");
    // Where it was agreed to hold it there, too, it is no secret there.
    await world.hold(threadId, "discord/G1", "channel");
    const messageId = await world.says(threadId, ann, "Shared.", link);
    await world.notify(bob, "chat_reply_to_my_message", rfc, { threadId, messageId });
    await world.afterAWhile();
    await tell();
    expect(world.inbox(elsewhere)[1]).toContain("ann wrote in “Secret plan”");
    await world.hold(threadId, "discord/G1");
    const open = await world.says(threadId, ann, "Open.", link);
    await world.notify(bob, "chat_reply_to_my_message", rfc, { threadId, messageId: open });
    await world.afterAWhile();
    await tell();
    expect(world.inbox(elsewhere)[2]).toContain("> Open.");
  });

  it("repeats nothing elsewhere of a workspace in which nothing reaches the person any more", async () => {
    const threadId = await world.thread(rfc, "Plans");
    const link = await world.hold(threadId, "slack/T8");
    const bob = await world.person("lea", "slack/T8/ULEFT", "discord/G1/81");
    const answer = async () => {
      const messageId = await world.says(threadId, ann, "Of T8 alone.", link);
      await world.notify(bob, "chat_reply_to_my_message", rfc, { threadId, messageId });
      await world.afterAWhile();
      await tell();
      await tell();
      return world.inbox("discord/G1/81").at(-1);
    };
    world.slack.unreachable.add("ULEFT");
    expect(await answer()).toMatch(/^Somebody wrote in a thread about “The RFC”/u);
    expect(await answer()).not.toMatch(/T8 alone|Plans|ann /u);
    // On its pull request all may read it.
    await world.sql`
      insert into thread_links (thread_id, platform, workspace_id, place)
      values (${threadId}, 'github', 'acme', 'acme/rfcs#7')`;
    expect(await answer()).toContain("> Of T8 alone.");
  });

  it("forges nothing by what people write", async () => {
    const { account } = await answered(
      "# Heading\n[all fine](https://evil.example) ```js <https://x|y>",
    );
    await tell();
    expect(
      world.slack.sentPrivately.findLast(({ to }) => account.endsWith(to.id))!.markdown,
    ).toContain(
      "> # Heading [all fine]\u2060(https://evil.example) `\u2060``js <\u2060https://x|y>",
    );
  });

  it("says how much more there is, instead of becoming endless", async () => {
    const { account, answer } = await answered();
    for (let at = 0; at < 30; at += 1) {
      const threadId = await world.thread(rfc, `Thread ${at} ${"long ".repeat(20)}`);
      const messageId = await world.says(threadId, ann, "word ".repeat(100));
      const [row] = await world.sql<{ userId: string }[]>`
        select user_id from identities where platform_user_id = ${account.split("/")[2]!}`;
      await world.notify(row!.userId, "chat_reply_to_my_message", rfc, { threadId, messageId });
    }
    await answer("The last.");
    await tell();
    const [message = ""] = world.inbox(account);
    expect(message.length).toBeLessThan(3_500);
    const told = message.match(/where you wrote before/gu)!.length;
    expect(message).toContain(`And ${31 - told} more: https://redline.example`);
  });
});

describe("somebody who cannot be written to", () => {
  it("is remembered, and not asked again until they are heard of there", async () => {
    const { bob, account, answer } = await answered();
    const id = account.split("/")[2]!;
    world.slack.unreachable.add(id);
    await tell();
    const asked = () => world.slack.calls.filter((one) => one.place === id).length;
    expect(asked()).toBe(1);
    const [row] = await world.sql`
      select unreachable_since is not null as away, unreachable_why from identities
      where platform_user_id = ${id}`;
    expect(row).toEqual({ away: true, unreachableWhy: "They take none." });
    await answer("More.");
    await world.afterAWhile();
    await tell();
    expect(asked()).toBe(1);
    expect(await world.untold(bob)).toBe(0);
    world.slack.unreachable.delete(id);
    const identity = { platform: "slack", workspaceId: "T1", platformUserId: id };
    await ensureUser(world.sql, identity, { displayName: "bob", email: null });
    await answer("And more.");
    await tell();
    expect(world.inbox(account)).toHaveLength(1);
    expect(world.inbox(account)[0]).toContain("And more.");
  });

  it("is told by another account", async () => {
    const accounts = ["discord/G1/80", "slack/T1/UGONE"];
    const { bob } = await answered("Hello.", ...accounts);
    world.slack.unreachable.add("UGONE");
    await tell();
    await tell();
    expect(accounts.map((one) => world.inbox(one).length)).toEqual([1, 0]);
    expect(await world.untold(bob)).toBe(0);
  });

  it("has no account in chat: then there is nothing to send", async () => {
    const { bob } = await answered("Hello.", "github//4711");
    await tell();
    expect(await world.untold(bob)).toBe(0);
  });
});
