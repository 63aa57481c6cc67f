import { describe, expect, it } from "vitest";
import { formatCardRef } from "../../src/chat/card-ref.ts";
import type { ChatEvent } from "../../src/chat/chat-event.ts";
import { UserError } from "../../src/errors.ts";
import { HostBusy } from "../../src/ports.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person, replyWith } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const stateOf = async (changeId: string) => (await world.built.engine.changes.get(changeId)).state;

const submit = (
  form: "decline" | "edit" | "discuss",
  ref: string,
  values: Record<string, string>,
  by = MAINTAINER,
): Promise<void> =>
  world.desk.handle({
    kind: "submitted",
    form,
    ref,
    values,
    by: person(by),
    reply: replyWith("s"),
  });

describe("decisions", () => {
  it("are taken by maintainers alone, asked anew each time", async () => {
    const { ref, changeId, number } = await world.card(await world.linked());
    for (const action of ["accept", "decline", "edit", "confirm"])
      await world.press(action, ref, MEMBER);
    await world.say(`accept ${number}`);
    await world.say(`decline #${number} no`);
    const told = world.platform.toldTo(MEMBER);
    expect(told).toHaveLength(6);
    for (const line of told) expect(line).toMatch(/^Only maintainers decide here/);
    await submit("decline", ref, { reason: "no" }, MEMBER);
    expect(await stateOf(changeId)).toBe("pending");
    expect(world.platform.forms).toEqual([]);
    await world.press("accept", ref, MAINTAINER);
    expect(await stateOf(changeId)).toBe("accepting");
    expect(world.platform.toldTo(MAINTAINER)).toEqual([]);
    await world.press("accept", ref, MAINTAINER);
    expect(world.platform.toldTo(MAINTAINER)).toEqual([
      expect.stringContaining("being committed already"),
    ]);
  });

  it("are given as commands by number", async () => {
    const link = await world.linked();
    const first = await world.card(link);
    await world.say("changes", { by: person(MAINTAINER) });
    await world.say(`decline ${first.number} too slow`, { by: person(MAINTAINER) });
    await world.say("accept 99", { by: person(MAINTAINER) });
    expect(world.platform.toldTo(MAINTAINER)).toEqual([
      "1 change to be decided; `accept N` or `decline N reason` does it:\n- **#1** § The RFC: Gentler. (ready)",
      "You declined change #1.",
      "There is no change #99 here; `changes` lists those that are open.",
    ]);
    expect((await world.notes(link.threadId)).at(-1)).toBe("Max declined change #1: too slow");
  });

  it("know no card of another workspace, nor one that never was", async () => {
    const { ref, changeId } = await world.card(await world.linked());
    await world.sql`update thread_links set workspace_id = 'T2'`;
    await world.press("accept", ref, MAINTAINER);
    await world.press("accept", "no-such-ref", MAINTAINER);
    await world.press("accept", changeId, MAINTAINER);
    const told = world.platform.toldTo(MAINTAINER);
    expect(told).toEqual(Array(3).fill("There is no such card here any more."));
    expect(await stateOf(changeId)).toBe("pending");
  });

  it("ask for the reason in a form, which all in the thread then see", async () => {
    const link = await world.linked();
    const { ref, changeId } = await world.card(link);
    await world.press("decline", ref, MAINTAINER);
    expect(world.platform.forms[0]!.form).toMatchObject({ kind: "decline", ref });
    await submit("decline", ref, { reason: "Too slow." });
    expect(await stateOf(changeId)).toBe("declined");
    expect((await world.notes(link.threadId)).at(-1)).toBe("Max declined change #1: Too slow.");
    await submit("decline", ref, { reason: "Too slow." });
    expect(world.platform.toldTo(MAINTAINER)).toEqual(["Change #1 is declined already."]);
  });

  it("say so when a form cannot be opened any more", async () => {
    const { ref } = await world.card(await world.linked());
    world.platform.failNext(
      "openForm",
      "before",
      new UserError("not-ready", "Press it once more."),
    );
    await world.press("decline", ref, MAINTAINER);
    expect(world.platform.toldTo(MAINTAINER)).toEqual(["Press it once more."]);
  });

  it("take a person's own version in place of a change", async () => {
    const link = await world.linked();
    const { ref, changeId } = await world.card(link);
    await world.press("edit", ref, MAINTAINER);
    const { fields } = world.platform.forms[0]!.form;
    expect(fields.map((field) => field.kind === "text" && field.value)).toEqual([
      "two minutes",
      "Gentler.",
    ]);
    await submit("edit", ref, { proposed: "two minutes", reason: "Gentler." });
    expect(world.platform.toldTo(MAINTAINER)).toEqual([
      expect.stringContaining("nothing was changed"),
    ]);
    await submit("edit", ref, { proposed: "five minutes", reason: "Gentler." });
    const { changes, decisions } = await world.built.engine.threads.view(link.threadId);
    expect(changes.map(({ state, kind, author }) => [state, kind, author])).toEqual([
      ["declined", "manual", "Mel"],
      ["pending", "manual", "Max"],
    ]);
    expect(changes[1]).toMatchObject({
      original: "one minute",
      proposed: "five minutes",
      drift: "fresh",
      placement: { certainty: "certain", replacement: "five minutes" },
    });
    expect(decisions[0]).toMatchObject({
      changeId,
      reason: "Replaced by change #2, an edited version.",
    });
    expect((await world.notes(link.threadId)).at(-1)).toBe(
      "Max edited change #1; their version is change #2.",
    );
  });

  it("choose a place as it was shown", async () => {
    const link = await world.linked();
    const by = await world.user(MEMBER);
    const edit = { original: "e", proposed: "E" };
    const change = await world.built.engine.changes.propose(link.threadId, edit, by);
    expect(change.placement.certainty).toBe("ask");
    const { start, end } = change.placement.candidates[1]!;
    const choices = change.placement.candidates.map((one) => ({
      start: one.start,
      end: one.end,
      blobSha: change.baseBlobSha,
    }));
    const [row] = await world.sql<{ id: string }[]>`
      insert into deliveries (link_id, subject_id, kind, choices)
      values (${link.id}, ${change.id}, 'card', ${world.sql.json(choices)}) returning id`;
    const ref = formatCardRef(row!.id, choices);
    await world.press("edit", ref, MAINTAINER);
    await submit("edit", ref, { proposed: "EE" });
    await world.press("place", ref, MAINTAINER, 9);
    // A card that showed other places than those that are there now.
    const outdated = formatCardRef(row!.id, choices.slice(1));
    await world.press("place", outdated, MAINTAINER, 0);
    expect((await world.built.engine.changes.get(change.id)).placement.certainty).toBe("ask");
    await world.press("place", ref, MAINTAINER, 1);
    expect(world.platform.toldTo(MAINTAINER)).toEqual([
      expect.stringContaining("choose its place before you edit it"),
      "The card has changed since you saw it; look at it again.",
      "The card has changed since you saw it; look at it again.",
    ]);
    const placed = await world.built.engine.changes.get(change.id);
    expect(placed.placement).toMatchObject({ certainty: "certain", passage: { start, end } });
  });

  it("turn the pages of a list, for anybody", async () => {
    const link = await world.linked();
    const [row] = await world.sql<{ id: string }[]>`
      insert into deliveries (link_id, subject_id, kind) values (${link.id}, ${link.threadId}, 'list')
      returning id`;
    await world.press("page", row!.id, MEMBER, 2);
    const [list] = await world.sql`select page from deliveries where id = ${row!.id}`;
    expect(list).toEqual({ page: 2 });
  });
});

describe("what is private", () => {
  it("is nobody else's to see or decide", async () => {
    await world.linked();
    const at = { platform: "slack", workspaceId: "T1", place: "D1/1.1" } as const;
    await world.say("link rfc", { at, isPrivate: true });
    const { changeId, number } = await world.card((await world.link("D1/1.1"))!);
    await world.say(`accept ${number}`, { by: person(MAINTAINER) });
    await world.say("changes", { by: person(MAINTAINER) });
    await world.say("changes", { at, isPrivate: true });
    expect(world.platform.toldTo(MAINTAINER)).toEqual([
      expect.stringContaining("There is no change #1 here"),
      "No change waits for a decision here.",
    ]);
    expect(world.platform.toldTo(MEMBER).at(-1)).toContain("#1");
    expect(await stateOf(changeId)).toBe("pending");
    await world.desk.handle({ kind: "home", by: person(MAINTAINER) });
    expect(world.platform.homes[0]!.home).toMatchObject({
      rfcs: [{ pending: 0, placeUrl: expect.stringContaining("C1/1.1") }],
      waiting: [],
      news: [],
    });
  });
});

describe("discussing a message", () => {
  const discuss = (text: string, by: string): Promise<void> => {
    const message = world.message(text, { addressed: false });
    const event: ChatEvent = { kind: "discuss", message, by: person(by), reply: replyWith(text) };
    return world.desk.handle(event).then(() => world.desk.handle(event));
  };

  it("asks at once in a linked place, once", async () => {
    const { threadId } = await world.linked();
    await discuss("Retries are too slow.", ADMIN);
    expect(await world.said(threadId)).toEqual(["Ada: What does this mean for the document? *"]);
    expect((await world.messages(threadId)).at(-1)!.quote).toBe("Retries are too slow.");
  });

  it("asks for the RFC elsewhere, and for what is to be known", async () => {
    await discuss("Retries are too slow.", ADMIN);
    const { form } = world.platform.forms[0]!;
    expect(form.fields[0]).toMatchObject({ options: [{ value: "rfc", label: "Title of rfc" }] });
    await submit("discuss", form.ref, { rfc: "rfc", question: "Faster?" }, MEMBER);
    expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringContaining("too old")]);
    await submit("discuss", form.ref, { rfc: "rfc", question: "Faster?" }, ADMIN);
    await submit("discuss", form.ref, { rfc: "rfc", question: "Faster?" }, ADMIN);
    const { threadId } = (await world.link())!;
    expect(await world.said(threadId)).toEqual(["Ada: Faster? *"]);
  });

  it("is kept and not answered in a quiet place, and said so", async () => {
    const { threadId } = await world.linked();
    await world.say("mode quiet", { by: person(ADMIN) });
    await discuss("Retries are too slow.", MEMBER);
    expect(await world.said(threadId)).toEqual(["Mel: What does this mean for the document?"]);
    expect(world.platform.toldTo(MEMBER)[0]).toMatch(/^I am quiet here: your message is kept/);
  });

  it("is kept alone where the place was linked, and made quiet, behind the form", async () => {
    await discuss("Retries are too slow.", ADMIN);
    const { threadId } = await world.linked();
    await world.say("mode quiet", { by: person(ADMIN) });
    const { ref } = world.platform.forms[0]!.form;
    await submit("discuss", ref, { rfc: "rfc", question: "Faster?" }, ADMIN);
    expect(await world.said(threadId)).toEqual(["Ada: Faster?"]);
    expect(world.platform.toldTo(ADMIN).at(-1)).toMatch(/^I am quiet here/);
  });

  it("waits for no platform that reads once a minute", async () => {
    const busy = new HostBusy("Later.", new Date(Date.now() + 60_000));
    world.platform.failNext("listOwn", "before", busy);
    const message = world.message("Retries are too slow.", { addressed: false });
    const by = person(ADMIN);
    await world.desk.handle({ kind: "discuss", message, by, reply: replyWith("d") });
    const { ref } = world.platform.forms[0]!.form;
    world.platform.failNext("listOwn", "before", busy);
    await submit("discuss", ref, { rfc: "rfc", question: "Faster?" }, ADMIN);
    expect(await world.said((await world.link())!.threadId)).toEqual(["Ada: Faster? *"]);
    world.platform.failNext("listOwn", "before", busy);
    await world.slash("link rfc new", ADMIN, "C1/2.2");
    expect(await world.link("C1/2.2")).not.toBeNull();
    expect(world.platform.calls.filter(({ call }) => call === "listOwn")).toHaveLength(3);
  });

  it("is for admins where it links a place", async () => {
    await discuss("Retries are too slow.", MEMBER);
    expect(world.platform.forms).toEqual([]);
    expect(world.platform.toldTo(MEMBER)[0]).toMatch(/^Only admins/);
  });
});

describe("home", () => {
  it("shows what waits and what is new to this person", async () => {
    const link = await world.linked();
    const { ref } = await world.card(link);
    await world.say("watch");
    const look = async (by: string) => {
      await world.desk.handle({ kind: "home", by: person(by) });
      return world.platform.homes.at(-1)!.home;
    };
    const member = await look(MEMBER);
    expect(member).toMatchObject({
      rfcs: [{ slug: "rfc", pending: 1, url: "https://redline.example/rfcs/rfc" }],
      waiting: [],
      watched: [{ slug: "rfc" }],
      news: [{ text: "Mel proposed change #1 of “Title of rfc”: Gentler." }],
      since: null,
    });
    const maintainer = await look(MAINTAINER);
    expect(maintainer.waiting).toMatchObject([
      { number: 1, section: ["The RFC"], reason: "Gentler." },
    ]);
    expect(maintainer.watched).toEqual([]);
    await submit("decline", ref, { reason: "" });
    const again = await look(MEMBER);
    expect(again.since).toBeInstanceOf(Date);
    expect(again.news.map(({ text }) => text)).toEqual([
      "Max declined change #1 of “Title of rfc”.",
    ]);
    expect((await look(MEMBER)).news).toEqual([]);
  });

  it("shows nothing of other workspaces", async () => {
    await world.card(await world.linked());
    world.open.clear();
    await world.desk.handle({ kind: "home", by: person(ADMIN, "T2") });
    expect(world.platform.homes[0]!.home).toMatchObject({ rfcs: [], waiting: [], news: [] });
  });
});
