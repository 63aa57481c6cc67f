/** Concerns and words on a merge that are handled again, and who may see what. */
import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../../src/chat/chat-event.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person, replyWith } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const concerns = () => world.built.engine.concerns.list("rfc");
const again = (event: ChatEvent) => world.desk.handle(event, new Date(0));
const toldLast = () => world.platform.told.at(-1)?.markdown ?? "";

describe("a concern", () => {
  it("is raised once, though its message comes again", async () => {
    const { threadId } = await world.linked();
    const message = world.message("concern Who pays?");
    const event: ChatEvent = { kind: "message", message };
    await world.desk.handle(event);
    await world.sql`delete from chat_messages`;
    await again(event);
    expect(await concerns()).toHaveLength(1);
    const raised = (await world.notes(threadId)).filter((note) => note.includes("raised concern"));
    expect(raised).toEqual(["Mel raised concern #1: Who pays?"]);
  });

  it("is about what was quoted, where the document has it", async () => {
    await world.linked();
    await world.say("concern Which fox?", { quote: "The fox jumps." });
    await world.say("concern Which dog?", { quote: "No such words." });
    expect((await concerns()).map(({ anchorText }) => anchorText)).toEqual([
      "The fox jumps.",
      null,
    ]);
    expect(toldLast()).toContain("about the whole document: what you quoted is not in it");
  });

  it("is settled once, though the command comes again", async () => {
    const { threadId } = await world.linked();
    await world.say("concern Who pays?");
    const message = world.message("concern resolve 1 We do.", { by: person(MAINTAINER) });
    const event: ChatEvent = { kind: "message", message };
    await world.desk.handle(event);
    await world.sql`delete from chat_messages`;
    await world.sql`delete from maintainers`;
    await again(event);
    expect(toldLast()).toBe("Concern #1 is resolved.");
    const settled = (await world.notes(threadId)).filter((note) => note.includes("resolved"));
    expect(settled).toEqual(["Max resolved concern #1: We do."]);
  });

  it("is not named outside of the closed place where it was raised", async () => {
    await world.linked();
    const place = { at: { platform: "slack", workspaceId: "T1", place: "G1/1.1" } } as const;
    const closed = { ...place, isPublic: false };
    await world.say("link rfc new", { ...closed, by: person(ADMIN) });
    await world.say("concern A secret.", closed);
    expect(toldLast()).toContain("a pull request names its number alone");
    await world.say("concerns", closed);
    expect(toldLast()).toContain("A secret.");

    await world.say("concerns");
    expect(toldLast()).not.toContain("secret");
    expect(toldLast()).toContain("1 concern of other places");
    await world.say("status");
    expect(toldLast()).toContain("Concerns: 1 open");
    expect(toldLast()).not.toContain("secret");
    await world.say("concern resolve 1", { by: person(MAINTAINER) });
    expect(toldLast()).toContain("There is no concern #1 here");
    expect((await concerns())[0]?.state).toBe("open");
  });

  it("is not raised where nothing is linked, nor by a form of another workspace", async () => {
    await world.say("concern Who pays?");
    expect(toldLast()).toContain("not linked to an RFC yet");
    const { ref } = await world.card(await world.linked());
    const reply = replyWith("t");
    const values = { text: "From elsewhere." };
    const by = person(MEMBER, "T2");
    await world.desk.handle({ kind: "submitted", form: "concern", ref, values, by, reply });
    expect(toldLast()).toContain("There is no such card here any more.");
    expect(await concerns()).toEqual([]);
  });

  it.each([["   "], ["x".repeat(4_001)], ["a\0b"]])(
    "is refused as %j from a form",
    async (text) => {
      const { ref } = await world.card(await world.linked());
      const reply = replyWith("t");
      const by = person(MEMBER);
      await world.desk.handle({
        kind: "submitted",
        form: "concern",
        ref,
        values: { text },
        by,
        reply,
      });
      expect(toldLast()).toMatch(/empty|at most|NUL/u);
      expect(await concerns()).toEqual([]);
    },
  );
});

describe("a word on a merge", () => {
  /** A proposal that waits for Mel, and the reference of its card. */
  async function asked(): Promise<{ ref: string; word(): Promise<unknown> }> {
    const link = await world.linked();
    const { people, merges } = world.built.engine;
    const mel = await world.user(MEMBER);
    await people.setMaintainer("rfc", mel.id, true, (await world.user(ADMIN)).id);
    await world.say("propose-merge 5", { by: person(MAINTAINER) });
    const proposal = (await merges.current("rfc", "main"))!;
    const [row] = await world.sql<{ id: string }[]>`
      insert into deliveries (link_id, subject_id, kind, state, platform_message_id)
      values (${link.id}, ${proposal.id}, 'merge', 'live', 'm') returning id`;
    const word = async () => {
      const now = await merges.current("rfc", "main");
      return now!.words.find(({ userId }) => userId === mel.id)!.word;
    };
    return { ref: row!.id, word };
  }

  const pressed = (action: string, ref: string, trigger: string): ChatEvent => {
    const by = person(MEMBER);
    return { kind: "pressed", action, ref, choice: null, by, reply: replyWith(trigger) };
  };

  it("is not taken back by an older press that comes again", async () => {
    const { ref, word } = await asked();
    const old = pressed("agree", ref, "one");
    const since = new Date();
    await world.desk.handle(old);
    await world.desk.handle(pressed("object", ref, "two"));
    await world.desk.handle(old, since);
    expect(await word()).toBe("object");
    await world.desk.handle(pressed("agree", ref, "three"));
    expect(await word()).toBe("agree");
  });

  it("is none of a card's other buttons, nor a card's of the merge's", async () => {
    const { ref, word } = await asked();
    for (const action of ["accept", "decline", "concern", "nonsense"]) {
      await world.desk.handle(pressed(action, ref, action));
      expect(toldLast()).toContain("There is no such card");
    }
    expect(await word()).toBeNull();
    const card = await world.card((await world.link())!);
    await world.press("agree", card.ref, MAINTAINER);
    expect(toldLast()).toContain("There is no such card");
    expect((await world.built.engine.changes.get(card.changeId)).state).toBe("pending");
  });
});

describe("a proposal to merge", () => {
  it("is one, though the command comes again", async () => {
    const { threadId } = await world.linked();
    const message = world.message("propose-merge", { by: person(MAINTAINER) });
    const event: ChatEvent = { kind: "message", message };
    await world.desk.handle(event);
    await world.sql`delete from chat_messages`;
    await world.sql`delete from maintainers`;
    await again(event);
    expect(toldLast()).toContain("You proposed the merge.");
    const notes = (await world.notes(threadId)).filter((note) =>
      note.includes("proposes to merge"),
    );
    expect(notes).toHaveLength(1);
    expect(await world.sql`select 1 from audit_entries`).toHaveLength(0);
  });
});
