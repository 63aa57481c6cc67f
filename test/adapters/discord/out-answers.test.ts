import { describe, expect, it } from "vitest";

import { formatResponse, formatTrigger } from "../../../adapters/discord/responses.ts";
import type { ResponseState } from "../../../adapters/discord/responses.ts";
import type { Card } from "../../../src/chat/card.ts";
import type { ChatForm, Reply } from "../../../src/chat/chat-event.ts";
import { UserError } from "../../../src/errors.ts";
import type { Interaction } from "../../fakes/discord/model.ts";
import { HostBusy } from "../../../src/ports.ts";
import { CARD as SHORT } from "../slack/blocks/cards.ts";
import { until } from "../../support/test-app.ts";
import { OutWorld, plain } from "./out-world.ts";

const POST = "POST /channels/{channel_id}/messages";
const TYPING = "POST /channels/{channel_id}/typing";
const FOLLOW_UP = "POST /webhooks/{webhook_id}/{webhook_token}";
const REPLACE = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original";
const CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback";
const CARD: Card = { ...SHORT, ref: "6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10" };
const FORM: ChatForm = {
  kind: "decline",
  ref: CARD.ref,
  title: "Decline change #12",
  submit: "Decline",
  fields: [
    {
      kind: "text",
      name: "reason",
      label: "Why?",
      value: "",
      multiline: true,
      required: false,
      maxLength: 1_000,
    },
  ],
};

/** Ada presses a button of a card; nobody has answered yet. */
async function press(world: OutWorld): Promise<Interaction> {
  const { platform, at, ada, thread, discord } = world;
  const id = await platform.post(at, { kind: "card", card: CARD }, CARD.ref);
  void ada.presses(discord.message(thread, id), "Decline");
  return discord.interactions.at(-1)!;
}

/** As the gateway's process does it: 5 is “thinking …” for the person alone, 6 changes nothing. */
async function defer(world: OutWorld, { id, token }: Interaction, type: 5 | 6): Promise<void> {
  const url = `${world.discord.apiUrl}/v10/interactions/${id}/${token}/callback`;
  const data = type === 5 ? { data: { flags: 64 } } : {};
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "DiscordBot (https://discord.js.org, 1)",
    },
    body: JSON.stringify({ type, ...data }),
  });
  expect(response.ok).toBe(true);
}

function replyTo(world: OutWorld, { id, token }: Interaction, state: ResponseState): Reply {
  const applicationId = world.discord.app.id;
  return world.reply({
    trigger: formatTrigger({ id, token }),
    responseUrl: formatResponse({ state, applicationId, token }),
  });
}

const told = ({ ada }: OutWorld): string[] => ada.told().map(({ text }) => text);

describe("an answer to a press or a command", () => {
  it("takes the place of what is thinking, and more follow it, all for one person", async () => {
    await using world = await OutWorld.start();
    const { platform, person, discord } = world;
    const pressed = await press(world);
    await defer(world, pressed, 5);
    const reply = replyTo(world, pressed, "original");
    await platform.tell(person, reply, "First.");
    await platform.tell(person, reply, "Second, for @everyone.");
    expect(told(world).map((text) => text.replaceAll("\u2060", ""))).toEqual([
      "First.",
      "Second, for @everyone.",
    ]);
    expect(discord.thinking()).toEqual([]);
    expect(discord.pings).toEqual([]);
    expect(world.shown()).toHaveLength(1);
  });

  it("is given where nothing is thinking", async () => {
    await using world = await OutWorld.start();
    const pressed = await press(world);
    await defer(world, pressed, 6);
    await world.platform.tell(world.person, replyTo(world, pressed, "followup"), "First.");
    expect(told(world)).toEqual(["First."]);
  });

  it.each([true, false])("may come first where a form was awaited (deferred: %s)", async (late) => {
    await using world = await OutWorld.start();
    const { platform, person, discord } = world;
    const pressed = await press(world);
    if (late) await defer(world, pressed, 5);
    const reply = replyTo(world, pressed, "form");
    await platform.tell(person, reply, "You may not.");
    await platform.tell(person, reply, "Really.");
    expect(told(world)).toEqual(["You may not.", "Really."]);
    expect(discord.thinking()).toEqual([]);
  });

  it("that is long comes in parts", async () => {
    await using world = await OutWorld.start();
    const pressed = await press(world);
    await defer(world, pressed, 5);
    const lines = Array.from({ length: 300 }, (_, n) => `- change #${n}`);
    await world.platform.tell(world.person, replyTo(world, pressed, "original"), lines.join("\n"));
    const all = told(world);
    expect(all.length).toBeGreaterThan(1);
    const seen = all.join("\n").split("\n");
    expect(seen).toEqual(lines);
  });

  it("that comes too late is a direct message, with where it was", async () => {
    await using world = await OutWorld.start({ sizes: { tokenTime: 0 } });
    const { platform, person, ada, discord } = world;
    const pressed = await press(world);
    await platform.tell(person, replyTo(world, pressed, "followup"), "For you.");
    const [message] = discord.visible(ada.direct);
    expect(message!.text).toContain("For you.");
    expect(message!.text).toContain(`/${world.thread.id}`);
  });

  it("is not given twice when its answer is lost", async () => {
    await using world = await OutWorld.start();
    const { platform, person, discord } = world;
    const pressed = await press(world);
    await defer(world, pressed, 5);
    discord.fail({ route: REPLACE, cut: "after" });
    await platform.tell(person, replyTo(world, pressed, "original"), "Once.");
    expect(told(world)).toEqual(["Once."]);
    expect(discord.visible(world.ada.direct)).toEqual([]);
  });

  it.each([{ status: 502 }, { cut: "before" }, { cut: "after" }] as const)(
    "that fails twice (%o) is given when it is told again",
    async (how) => {
      await using world = await OutWorld.start();
      const { platform, person, discord, ada } = world;
      const pressed = await press(world);
      await defer(world, pressed, 5);
      for (const route of [FOLLOW_UP, REPLACE]) discord.fail({ route, times: 2, ...how });
      const reply = replyTo(world, pressed, "original");
      await expect(platform.tell(person, reply, "Once.")).rejects.toThrow(HostBusy);
      await platform.tell(person, reply, "Once.");
      expect(told(world)).toEqual(["Once."]);
      expect(discord.thinking()).toEqual([]);
      expect(discord.visible(ada.direct)).toEqual([]);
    },
  );

  it("that is none leaves nothing thinking", async () => {
    await using world = await OutWorld.start();
    const { platform, person, discord } = world;
    const pressed = await press(world);
    await defer(world, pressed, 5);
    const reply = replyTo(world, pressed, "original");
    expect(discord.thinking()).toHaveLength(1);
    await platform.settle(reply);
    expect(discord.thinking()).toEqual([]);
    const again = await press(world);
    await defer(world, again, 5);
    await platform.tell(person, replyTo(world, again, "original"), "Kept.");
    await platform.settle(replyTo(world, again, "original"));
    expect(told(world)).toEqual(["Kept."]);
  });
});

describe("an answer to a message", () => {
  it("is a direct message, which is no message of the conversation there", async () => {
    await using world = await OutWorld.start();
    const { platform, person, at, ada, discord } = world;
    const since = new Date(Date.now() - 1_000);
    await platform.tell(person, at, "For you.");
    expect(discord.visible(ada.direct)).toHaveLength(1);
    const { id } = ada.direct;
    const direct = { platform: "discord", workspaceId: "", place: `${id}/${id}` } as const;
    const own = await platform.listOwn(direct, since);
    expect(own.map(({ key }) => key === null)).toEqual([false]);
  });

  it("where those are closed is not said before everybody; how to get it is", async () => {
    await using world = await OutWorld.start();
    const { platform, person, at, ada, discord } = world;
    const fault = { route: POST, channelId: ada.direct.id, status: 403, code: 50_007 };
    discord.fail({ ...fault, message: "Cannot send messages to this user" });
    await platform.tell(person, at, "A secret.");
    const shown = world.shown().map(({ text }) => text);
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatch(/direct message.*\/rfc/u);
    expect(shown[0]).not.toContain("secret");
  });
});

describe("a form", () => {
  it("opens for who pressed", async () => {
    await using world = await OutWorld.start();
    const { platform, person, ada } = world;
    const pressed = await press(world);
    await platform.openForm(person, replyTo(world, pressed, "form"), FORM);
    expect(ada.modal).toMatchObject({ title: "Decline change #12" });
  });

  it.each(["answered", "expired", "gone"] as const)(
    "whose moment has passed (%s) says so",
    async (how) => {
      const sizes = how === "expired" ? { answerTime: 0 } : {};
      await using world = await OutWorld.start({ sizes });
      const { platform, person } = world;
      const pressed = await press(world);
      if (how === "answered") await defer(world, pressed, 5);
      const reply = replyTo(world, pressed, "form");
      const given = how === "gone" ? { ...reply, trigger: null } : reply;
      if (how === "expired") await until(async () => Date.now() > pressed.at + 1, "its end");
      const opened = platform.openForm(person, given, FORM);
      await expect(opened).rejects.toThrow(UserError);
      await expect(opened).rejects.toThrow(/took too long/u);
    },
  );

  it("whose answer is lost is not opened twice", async () => {
    await using world = await OutWorld.start();
    const pressed = await press(world);
    world.discord.fail({ route: CALLBACK, cut: "after" });
    const opened = world.platform.openForm(world.person, replyTo(world, pressed, "form"), FORM);
    await expect(opened).rejects.toThrow(/if no form appears/u);
    expect(world.discord.requestsOf(CALLBACK)).toHaveLength(1);
  });
});

describe("people", () => {
  it("run the server as its owner, or by their roles, and lose that with them", async () => {
    await using world = await OutWorld.start();
    const { platform, guild } = world;
    const admin = guild.addMember("admin", ["ADMINISTRATOR"]);
    const manager = guild.addMember("manager");
    const role = guild.addRole("managers", { permissions: ["MANAGE_GUILD"], members: [manager] });
    for (const one of [guild.owner, admin, manager]) {
      expect(await platform.isAdmin(world.personOf(one))).toBe(true);
    }
    expect(await platform.rolesOf(world.personOf(manager))).toEqual([role.id]);
    expect(await platform.nameOfRole(guild.id, role.id)).toBe("managers");
    expect(await platform.nameOfRole(guild.id, guild.owner.id)).toBeNull();
    guild.takeRole(manager, role);
    await until(async () => !(await platform.isAdmin(world.personOf(manager))), "the loss");
    const stranger = world.discord.addPerson("stranger");
    expect(await platform.isAdmin(world.personOf(stranger))).toBe(false);
    expect(await platform.rolesOf(world.personOf(stranger))).toEqual([]);
  });

  it("and roles are named by mentions", async () => {
    await using world = await OutWorld.start();
    const { platform, guild } = world;
    expect(platform.parseRole(guild.id, "<@&12345678>")).toBe("12345678");
    expect(platform.parseRole(guild.id, `<@&${guild.id}>`)).toBeNull();
    expect(platform.parseRole(guild.id, "<@12345678>")).toBeNull();
    expect(platform.parseMention(guild.id, "<@!12345678>")?.id).toBe("12345678");
    expect(platform.parseMention(guild.id, "<@&12345678>")).toBeNull();
  });
});

describe("typing", () => {
  it("is shown while there is work, and asked for again", async () => {
    await using world = await OutWorld.start({ paceFactor: 0.01 });
    const { platform, at, discord, thread } = world;
    await platform.setStatus(at, "is reading…");
    await platform.setStatus(at, "is drafting…");
    expect(discord.typing(thread)).toEqual(["Redline"]);
    await until(async () => discord.requestsOf(TYPING).length >= 3, "more typing");
    await platform.setStatus(at, null);
    await platform.post(at, plain("Done."), "key");
    expect(discord.typing(thread)).toEqual([]);
  });

  it("ends by itself where it is refused", async () => {
    await using world = await OutWorld.start({ paceFactor: 0.01 });
    const { platform, guild, thread, discord } = world;
    guild.deny("SEND_MESSAGES_IN_THREADS");
    await platform.setStatus(world.placeOf(thread), "is reading…");
    await platform.setStatus(world.at, "is reading…");
    expect(discord.requestsOf(TYPING)).toHaveLength(2);
    await platform.setStatus(world.at, null);
  });
});

it("says what it is not shown", async () => {
  await using world = await OutWorld.start({ seesMessages: false });
  expect(world.platform.caveat).toMatch(/only see messages here that mention me/u);
  await using other = await OutWorld.start();
  expect(other.platform.caveat).toBeNull();
});
