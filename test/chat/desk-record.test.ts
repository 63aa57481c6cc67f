import { beforeEach, describe, expect, it } from "vitest";

import type { ThreadLink } from "../../src/store/thread-links.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MEMBER, person } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
let link: ThreadLink;
useDesk((fresh) => {
  world = fresh;
});
beforeEach(async () => {
  link = await world.linked();
  world.platform.told.length = 0;
});

const member = { by: person(MEMBER) };
const says = (text: string, by: string) => world.say(text, { by: person(by), addressed: false });

describe("export", () => {
  it("writes the record, and tells its hash", async () => {
    await says("Is a minute enough?", MEMBER);
    await world.say("export", member);
    const { marks, headHash, entries } = await world.built.engine.record.view("rfc");
    expect(marks).toMatchObject([
      { cause: "export", madeBy: (await world.user(MEMBER)).id, headHash, lastSeq: entries },
    ]);
    const [told] = world.platform.toldTo(MEMBER);
    expect(told).toContain(`${entries} entries, the last with the hash \`${headHash}\``);
    expect(told).toContain("https://redline.example/rfcs/rfc/record");
    expect(told).toContain("`redline transcript rfc --json`");
  });
});

describe("forget me", () => {
  it("asks first, says what goes and what stays, and erases nothing yet", async () => {
    await says("A secret.", MEMBER);
    await world.say("forget me", member);
    expect(world.platform.toldTo(MEMBER)).toEqual([
      expect.stringMatching(/^I have 1 message of yours.*`forget me yes` erases them for good:\n/),
    ]);
    expect(await world.said(link.threadId)).toEqual(["Mel: A secret."]);
  });

  it("erases what the person wrote, and of nobody else", async () => {
    await says("A secret.", MEMBER);
    await says("Kept.", ADMIN);
    await world.say("export", member);
    await world.say("forget me yes", member);
    expect(world.platform.toldTo(MEMBER)[1]).toMatch(/^1 message is erased/);
    expect(await world.said(link.threadId)).toEqual(["Mel: ", "Ada: Kept."]);
    expect((await world.built.engine.record.file("rfc", "json")).body).not.toContain("secret");
    expect((await world.built.engine.record.view("rfc")).problem).toBeNull();
    await world.say("forget me yes", member);
    expect(world.platform.toldTo(MEMBER)[2]).toMatch(/^0 messages are erased/);
  });

  it("also works where nothing is linked", async () => {
    await says("A secret.", MEMBER);
    await world.slash("forget me yes", MEMBER);
    expect(await world.said(link.threadId)).toEqual(["Mel: "]);
  });

  it("is nothing that a sentence asks for", async () => {
    await world.say("forget the second paragraph", member);
    await world.say("forget me now please", member);
    expect(await world.said(link.threadId)).toHaveLength(2);
  });
});
