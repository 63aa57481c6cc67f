import { describe, expect, it } from "vitest";

import type { ChatForm, ChatPerson } from "../../../src/chat/chat-event.ts";
import { PlaceRefused } from "../../../src/chat/chat-platform.ts";
import { OutWorld } from "./out-world.ts";

const FORM: ChatForm = {
  kind: "decline",
  ref: "ref-1",
  title: "Decline",
  submit: "Decline",
  fields: [
    {
      kind: "text",
      name: "reason",
      label: "Why?",
      value: "",
      multiline: true,
      required: false,
      maxLength: 500,
    },
  ],
};

describe("an answer to one person", () => {
  it("is seen by nobody else", async () => {
    await using world = await OutWorld.start();
    await world.platform.tell(world.person, world.at, "Only **you**");
    await world.platform.tell(world.person, world.reply(), "Again");
    expect(world.seen).toEqual([]);
    expect(world.slack.ephemerals(world.channel, world.ada.id)).toMatchObject([
      { threadTs: world.root, blocks: [{ type: "markdown", text: "Only **you**" }] },
      { text: "Again" },
    ]);
  });

  it("is a message in a direct conversation", async () => {
    await using world = await OutWorld.start();
    const direct = world.team.directMessages(world.ada);
    await world.platform.tell(world.person, world.placeOf(`${direct.id}/dm`), "Hello");
    const reply = world.reply({ channel: world.ada.id, thread: null });
    await world.platform.tell(world.person, reply, "From the home");
    const seen = world.slack.visible(direct);
    expect(seen).toMatchObject([{ text: "Hello" }, { text: "From the home" }]);
  });

  it("goes by its own address where Redline is no member", async () => {
    await using world = await OutWorld.start();
    world.team.leave(world.channel, world.team.botUserId);
    await expect(world.platform.tell(world.person, world.reply(), "Hello")).rejects.toBeInstanceOf(
      PlaceRefused,
    );
    const responseUrl = world.slack.responseUrls.make({
      team: world.team.state,
      channel: world.channel,
      userId: world.ada.id,
      threadTs: world.root,
      source: null,
    });
    await world.platform.tell(world.person, world.reply({ responseUrl }), "Hello");
    expect(world.slack.ephemerals(world.channel, world.ada.id)).toMatchObject([{ text: "Hello" }]);
  });
});

describe("a form", () => {
  it("opens while its moment lasts", async () => {
    await using world = await OutWorld.start();
    const { slack, team, ada, platform, person } = world;
    const trigger = slack.world.newTrigger(team.state, ada.id);
    await platform.openForm(person, world.reply({ trigger }), FORM);
    expect(slack.callsOf("views.open")).toHaveLength(1);
    const late = slack.world.newTrigger(team.state, ada.id);
    slack.clock.advance(4_000);
    const opened = platform.openForm(person, world.reply({ trigger: late }), FORM);
    await expect(opened).rejects.toThrow("That took too long; press the button again.");
    await expect(platform.openForm(person, world.reply(), FORM)).rejects.toThrow(/too long/u);
  });
});

describe("the home", () => {
  it("is shown", async () => {
    await using world = await OutWorld.start();
    const url = "https://redline.example/";
    const home = { rfcs: [], waiting: [], watched: [], news: [], since: null, url };
    await world.platform.publishHome(world.person, home);
    const [call] = world.slack.callsOf("views.publish");
    expect(call?.args).toMatchObject({ user_id: world.ada.id, view: { type: "home" } });
  });
});

describe("people", () => {
  it("have the name that others see", async () => {
    await using world = await OutWorld.start();
    const named = world.team.addUser("bob", { displayName: "", realName: "Bob B." });
    const unknown: ChatPerson = { ...world.person, id: "U0NOBODY" };
    const { platform, person } = world;
    const names = [1, 2, 3].map(() => platform.nameOf({ ...person, id: named.id }));
    expect(await Promise.all(names)).toEqual(["Bob B.", "Bob B.", "Bob B."]);
    expect(await platform.nameOf({ ...person, id: named.id })).toBe("Bob B.");
    expect(world.slack.callsOf("users.info")).toHaveLength(1);
    expect(await platform.nameOf(unknown)).toBe("U0NOBODY");
    expect(await platform.isAdmin(unknown)).toBe(false);
  });

  it("are admins or owners, or neither", async () => {
    await using world = await OutWorld.start();
    const { team, platform, person } = world;
    const admin = team.addUser("cy", { isAdmin: true });
    const owner = team.addUser("di", { isOwner: true });
    const are = [world.ada, admin, owner].map(({ id }) => platform.isAdmin({ ...person, id }));
    expect(await Promise.all(are)).toEqual([false, true, true]);
    world.slack.fail({ method: "users.info", status: 500 });
    const other = team.addUser("ed");
    await expect(platform.isAdmin({ ...person, id: other.id })).rejects.toThrow();
  });

  it("are named by mentions", async () => {
    await using world = await OutWorld.start();
    const parse = (text: string) => world.platform.parseMention(world.team.id, text)?.id ?? null;
    const texts = ["<@U123>", " <@W12|ann> ", "@ann", "U123", "<@U123> and", "<!here>"];
    expect(texts.map(parse)).toEqual(["U123", "W12", null, null, null, null]);
  });
});

describe("the address of a message", () => {
  it("is asked for once, and null where there is none", async () => {
    await using world = await OutWorld.start();
    const { platform, at } = world;
    const link = await platform.linkTo(at, null);
    expect(link).toContain(`/archives/${world.channel.id}/p`);
    expect(await platform.linkTo(at, null)).toBe(link);
    expect(world.slack.callsOf("chat.getPermalink")).toHaveLength(1);
    expect(await platform.linkTo(at, "1.000001")).toBeNull();
  });
});

describe("the status", () => {
  it("is set once, and cleared", async () => {
    await using world = await OutWorld.start();
    const { platform, at, slack } = world;
    await platform.setStatus(at, "reads the RFC …");
    await platform.setStatus(at, "reads the RFC …");
    expect(slack.session(world.channel, world.root)).toMatchObject({
      activity: "reads the RFC …",
      status: "processing",
    });
    await platform.setStatus(at, "writes …");
    await platform.setStatus(at, null);
    await platform.setStatus(at, null);
    expect(slack.session(world.channel, world.root)).toMatchObject({
      activity: "",
      status: "active",
    });
    expect(slack.callsOf("assistant.threads.setStatus")).toHaveLength(3);
    expect(slack.callsOf("agents.sessions.setStatus")).toHaveLength(2);
  });

  it("never fails, and is not tried again where there is none", async () => {
    await using world = await OutWorld.start();
    const { platform, at, slack } = world;
    slack.fail({ method: "agents.sessions.setStatus", error: "feature_disabled" });
    slack.fail({ method: "assistant.threads.setStatus", cut: "before" });
    await platform.setStatus(at, "reads …");
    await platform.setStatus(at, null);
    await platform.setStatus(world.placeOf("nonsense"), "reads …");
    expect(slack.callsOf("agents.sessions.setStatus")).toHaveLength(1);
    expect(slack.callsOf("assistant.threads.setStatus")).toHaveLength(2);
  });
});
