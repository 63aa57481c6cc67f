import { describe, expect, it } from "vitest";
import { HostBusy } from "../../src/ports.ts";
import { DISCORD_WORDS } from "../fakes/fake-chat-platform.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
  world.platform.words = DISCORD_WORDS;
  world.platform.roleNames.set("R1", "Core\nteam").set("R2", "Friends");
});

const byAdmin = { by: person(ADMIN) };
const stateOf = async (changeId: string) => (await world.built.engine.changes.get(changeId)).state;
const told = (id: string): string | undefined => world.platform.toldTo(id).at(-1);

describe("a role among the maintainers", () => {
  it("lets its people decide for as long as they have it", async () => {
    const { ref, changeId } = await world.card(await world.linked());
    await world.say("maintainers add <@&R1>", byAdmin);
    world.platform.roles.set(MEMBER, ["R2"]);
    await world.press("accept", ref, MEMBER);
    expect(told(MEMBER)).toMatch(/^Only maintainers decide here/);
    world.platform.roles.set(MEMBER, ["R2", "R1"]);
    await world.press("decline", ref, MEMBER);
    expect(world.platform.forms).toHaveLength(1);
    world.platform.roles.set(MEMBER, []);
    await world.desk.handle({
      kind: "submitted",
      form: "decline",
      ref,
      values: {},
      by: person(MEMBER),
      reply: { channel: "C1", thread: null, trigger: "s", responseUrl: null },
    });
    expect(await stateOf(changeId)).toBe("pending");
    world.platform.roles.set(MEMBER, ["R1"]);
    await world.say("accept 1");
    expect(await stateOf(changeId)).toBe("accepting");
  });

  it("is nobody's of another workspace, nor an outsider's", async () => {
    const { ref, changeId } = await world.card(await world.linked());
    await world.say("maintainers add <@&R1>", byAdmin);
    world.platform.roles.set(MEMBER, ["R1"]);
    const reply = { channel: "C1", thread: null, trigger: "o", responseUrl: null };
    const by = { ...person(MEMBER), isOutsider: true };
    await world.desk.handle({ kind: "pressed", action: "accept", ref, choice: null, by, reply });
    await world.sql`update maintainer_roles set workspace_id = 'T2'`;
    await world.press("accept", ref, MEMBER);
    expect(await stateOf(changeId)).toBe("pending");
  });

  it("is named by admins, listed, and taken off, for all to see", async () => {
    const { threadId } = await world.linked();
    await world.say("maintainers add <@&R1>");
    expect(told(MEMBER)).toMatch(/^Only admins of this server name maintainers/);
    await world.say("maintainers add <@&R9>", byAdmin);
    expect(told(ADMIN)).toBe("This server has no such role.");
    await world.say("maintainers add @Core team", { ...byAdmin, mentionedRoles: ["R1"] });
    await world.say("maintainers add <@&R1>", byAdmin);
    expect(told(ADMIN)).toBe("The role Core team is among the maintainers already.");
    await world.say("maintainers");
    expect(told(MEMBER)).toBe("Max, everybody with the role Core team may accept and decline.");
    await world.say("maintainers remove <@&R1>", byAdmin);
    await world.say("maintainers remove <@&R1>", byAdmin);
    expect(told(ADMIN)).toBe("That role is none of the maintainers.");
    expect((await world.notes(threadId)).slice(1)).toEqual([
      "Ada made everybody with the role Core team a maintainer: they may accept and decline in this server.",
      "Ada took the role Core team off the maintainers of this server.",
    ]);
  });

  it("is not added by somebody who has it", async () => {
    await world.linked();
    world.platform.roles.set(ADMIN, ["R1"]);
    await world.say("maintainers add <@&R1>", byAdmin);
    expect(told(ADMIN)).toMatch(/^Nobody adds themselves, and you have that role/);
    expect(await world.sql`select 1 from maintainer_roles`).toHaveLength(0);
  });

  it("is asked for again when the platform is busy, and only where it matters", async () => {
    const { ref, changeId } = await world.card(await world.linked());
    await world.press("accept", ref, MEMBER);
    expect(world.platform.calls.filter(({ call }) => call === "rolesOf")).toEqual([]);
    await world.say("maintainers add <@&R1>", byAdmin);
    world.platform.roles.set(MEMBER, ["R1"]);
    const busy = new HostBusy("Busy.", new Date());
    world.platform.failNext("rolesOf", "before", busy);
    await expect(world.press("accept", ref, MEMBER)).rejects.toBe(busy);
    await world.press("accept", ref, MEMBER);
    expect(await stateOf(changeId)).toBe("accepting");
  });
});

describe("words", () => {
  it("are those of the platform", async () => {
    await world.say("hello?");
    expect(told(MEMBER)).toBe(
      "This place is not linked to an RFC yet. An admin of the server does that: write `/rfc link <slug or PR URL>`.",
    );
    await world.slash("status", MEMBER);
    expect(told(MEMBER)).toMatch(/give the command there; `\/rfc link <slug or PR URL>` begins/);
    await world.slash("acept 3", MEMBER);
    expect(told(MEMBER)).toMatch(/did you mean `\/rfc accept N`\?$/);
    await world.slash("help", MEMBER);
    expect(told(MEMBER)).toMatch(/What else works after `\/rfc`, or after a mention:/);
    await world.linked();
    await world.say("mode quiet", byAdmin);
    await world.say("Faster?");
    expect(told(MEMBER)).toMatch(
      /An admin of the server changes that with `\/rfc mode mention`\.$/,
    );
    await world.say("accept 7", { by: person(MAINTAINER) });
    expect(told(MAINTAINER)).toMatch(/`\/rfc changes` lists/);
  });

  it("name what cannot be seen when a place is linked, in status and in help", async () => {
    const caveat = "I only see messages that mention me.";
    world.platform.caveat = caveat;
    const { threadId } = await world.linked();
    await world.say("status");
    expect(told(MEMBER)).toContain(`- ${caveat}`);
    await world.say("help");
    expect(told(MEMBER)).toContain(caveat);
    expect((await world.notes(threadId))[0]).toContain(caveat);
  });
});
