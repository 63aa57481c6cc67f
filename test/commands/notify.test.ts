import { describe, expect, it } from "vitest";
import { parseCommand } from "../../src/commands/grammar.ts";
import { findUser } from "../../src/store/people.ts";
import type { DeskWorld } from "../chat/desk-world.ts";
import { MEMBER, person } from "../chat/desk-world.ts";
import { useDesk } from "../chat/use-desk.ts";

const usage = { kind: "usage", command: "notify" };

describe("what `notify` takes", () => {
  it.each([
    ["notify", { kind: "notify", set: {} }],
    ["notify hourly", { kind: "notify", set: { digest: "hourly" } }],
    ["Notify Daily", { kind: "notify", set: { digest: "daily" } }],
    ["notify off", { kind: "notify", set: { digest: "off" } }],
    ["notify direct on", { kind: "notify", set: { direct: true } }],
    ["notify direct off", { kind: "notify", set: { direct: false } }],
    [
      "notify daily europe/berlin",
      { kind: "notify", set: { digest: "daily", timeZone: "Europe/Berlin" } },
    ],
    ["notify Asia/Tokyo", { kind: "notify", set: { timeZone: "Asia/Tokyo" } }],
    ["notify daily Middle/Earth", usage],
    ["notify Middle/Earth", usage],
    ["notify direct", usage],
    ["notify me once it is merged", null],
    ["notify everybody", null],
  ])("%s", (text, command) => {
    expect(parseCommand(text, "mention")).toEqual(command);
  });
});

describe("choosing when to be told", () => {
  let world: DeskWorld;
  useDesk((made) => (world = made));

  const told = () => world.platform.toldTo(MEMBER).at(-1);

  it("works anywhere, and says how it is", async () => {
    world.platform.timeZones.set(MEMBER, "Europe/Berlin");
    await world.slash("notify", MEMBER);
    expect(told()).toBe(
      [
        "- What concerns you comes at once, in private; `notify direct off` changes that.",
        "- A summary of what you watch comes at nine in the morning (Europe/Berlin); `notify hourly` and `notify off` change that, `notify daily Europe/Berlin` the time zone, too.",
      ].join("\n"),
    );
    await world.say("notify daily Asia/Tokyo", { by: person(MEMBER) });
    expect(told()).toContain("(Asia/Tokyo)");
    await world.slash("notify off", MEMBER);
    expect(told()).toContain("A summary of what you watch comes never; the console has it;");
    await world.slash("notify direct off", MEMBER);
    expect(told()).toContain("What concerns you comes in the console alone;");
    const member = await findUser(world.sql, { ...WORKSPACE, platformUserId: MEMBER });
    const settings = await world.built.engine.notifications.settings(member!.id);
    expect(settings).toEqual({ digest: "off", direct: false, timeZone: "Asia/Tokyo" });
    // What the platform tells is kept for those who chose nothing.
    const [row] = await world.sql`
      select time_zone from identities where platform_user_id = ${MEMBER}`;
    expect(row).toEqual({ timeZone: "Europe/Berlin" });
  });
});

const WORKSPACE = { platform: "slack", workspaceId: "T1" } as const;
