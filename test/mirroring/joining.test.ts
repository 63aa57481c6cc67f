/** Which conversations a place may hold, too, and who agrees to that. */
import { describe, expect, it } from "vitest";

import type { ChatMessage, ChatPerson } from "../../src/chat/chat-event.ts";
import { HostBusy } from "../../src/ports.ts";
import { listReachableChanges } from "../../src/store/workspaces.ts";
import type { DeskWorld } from "../chat/desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, person } from "../chat/desk-world.ts";
import { useDesk } from "../chat/use-desk.ts";
import { codeIn } from "./mirror-world.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const at = (place: string, workspaceId = "T1") =>
  ({ platform: "slack", workspaceId, place }) as const;
const byAdmin = { by: person(ADMIN) };
const elsewhere = (id: string): ChatPerson => ({ platform: "slack", workspaceId: "T2", id });
const told = (id = ADMIN): string => world.platform.toldTo(id).at(-1)!;

interface LinkRow {
  place: string;
  threadId: string;
  reach: string;
  isAgreed: boolean;
  isEnded: boolean;
}

const links = () =>
  world.sql<LinkRow[]>`
    select place, thread_id, reach, agreed_at is not null as is_agreed,
      ended_at is not null as is_ended
    from thread_links order by created_at, place`;

async function linkAt(place: string, words: string, more: Partial<ChatMessage> = {}) {
  await world.say(words, { ...byAdmin, at: at(place), ...more });
  return (await links()).find((link) => link.place === place) ?? null;
}

/** A code for the place that is linked first. */
async function share(more: Partial<ChatMessage> = {}): Promise<string> {
  await world.say("share", { ...byAdmin, ...more });
  return codeIn(told());
}

describe("link asks first", () => {
  it("where the RFC is discussed elsewhere already, and then does what it is told", async () => {
    const first = await world.linked();
    expect(await linkAt("C2/1.1", "link rfc")).toBeNull();
    expect(told()).toContain("“Title of rfc” is discussed elsewhere already");
    expect(told()).toContain("1. in another place here (0 messages");
    expect(told()).toContain("link rfc join 1");
    expect(await linkAt("C2/1.1", "link rfc join 2")).toBeNull();
    expect(told()).toMatch(/^There is no such conversation/);
    expect((await linkAt("C2/1.1", "link rfc join 1"))!.threadId).toBe(first.threadId);
    expect((await linkAt("C2/2.2", "link rfc new"))!.threadId).not.toBe(first.threadId);
    expect((await world.notes(first.threadId)).at(-1)).toMatch(
      /^Ada joined a place in Slack to this conversation about “Title of rfc”/,
    );
  });

  it("begins no thread for a command in a channel before it has an answer", async () => {
    await world.linked();
    await world.slash("link rfc", ADMIN);
    expect(world.platform.threadsStarted).toHaveLength(0);
    const joined = await world.slash("link rfc join 1", ADMIN);
    await world.desk.handle(joined);
    expect(world.platform.threadsStarted).toHaveLength(1);
    expect(await links()).toHaveLength(2);
  });

  it("not where nothing may be known there, and says nothing of it", async () => {
    const closed = await linkAt("C9/1.1", "link rfc", { isPublic: false });
    await world.say("link rfc", { at: at("D1/dm"), isPrivate: true });
    const other = { by: elsewhere(ADMIN), at: at("CX/1.1", "T2") };
    await world.say("link rfc", other);
    const open = await linkAt("C2/1.1", "link rfc");
    const threads = (await links()).map(({ threadId }) => threadId);
    expect(new Set(threads).size).toBe(4);
    expect(open!.threadId).not.toBe(closed!.threadId);
    expect(world.platform.toldTo(ADMIN)).toEqual([]);
  });

  it("names conversations of the console and of pull requests, and no passage's", async () => {
    const by = await world.user(ADMIN);
    const [review] = await world.sql<{ id: string }[]>`
      insert into threads (rfc_slug, branch_name, thread_kind, created_by)
      values ('rfc', 'main', 'review', ${by.id}) returning id`;
    await world.sql`
      insert into thread_links (thread_id, platform, workspace_id, place)
      values (${review!.id}, 'github', '', 'acme/rfcs#7')`;
    await world.sql`
      insert into cached_prs (rfc_slug, pr_number, branch_name, title, url, state, head_branch,
        head_sha, base_branch, base_sha)
      values ('rfc', 7, 'main', 'T', 'https://github.test/7', 'open', 'main', 'h', 'main', 'b')`;
    const { threads } = world.built.engine;
    const console = await threads.create(
      { rfcSlug: "rfc", branchName: "main", kind: "discussion", title: "Pace" },
      by,
    );
    const passage = { text: "one minute" };
    const range = { rfcSlug: "rfc", branchName: "main", kind: "range", anchor: passage } as const;
    const anchored = await threads.create(range, by);
    for (const { id } of [console, anchored]) await threads.record(id, { text: "Hm." }, by);
    expect(await linkAt("C2/1.1", "link rfc")).toBeNull();
    expect(told()).toContain("1. on pull request #7 (0 messages");
    expect(told()).toMatch(/2\. in the console “Pace” \(1 message, since [\d-]+\): https:/);
    expect(told()).not.toContain("3.");
    // What is said in a closed place is shown to nobody else.
    expect(await linkAt("C9/1.1", "link rfc", { isPublic: false })).toBeNull();
    expect(told()).toContain("1. in the console");
    expect(told()).not.toContain("pull request");
    expect((await linkAt("C9/1.1", "link rfc join 1", { isPublic: false }))!.threadId).toBe(
      console.id,
    );
    const joined = await linkAt("C2/1.1", "link rfc join 1");
    expect(joined!.threadId).toBe(review!.id);
    const [github] =
      await world.sql`select remarks_from from thread_links where platform = 'github'`;
    expect(github).toEqual({ remarksFrom: 1 });
  });

  it("for admins alone", async () => {
    await world.linked();
    await linkAt("C2/1.1", "link rfc join 1", { by: person(MEMBER) });
    expect(told(MEMBER)).toMatch(/^Only admins/);
    expect(await links()).toHaveLength(1);
  });
});

describe("a code", () => {
  const there = { by: elsewhere(ADMIN), at: at("CX/1.1", "T2") };

  it("joins a place of another workspace, and both are agreed to", async () => {
    const first = await world.linked();
    const code = await share();
    await world.say(`link ${code.toLowerCase()}`, there);
    expect(await links()).toMatchObject([
      { place: "C1/1.1", threadId: first.threadId, isAgreed: true },
      { place: "CX/1.1", threadId: first.threadId, isAgreed: true },
    ]);
  });

  it("joins places that are closed to others", async () => {
    await linkAt("C9/1.1", "link rfc", { isPublic: false });
    const code = await share({ at: at("C9/1.1"), isPublic: false });
    await linkAt("C8/1.1", `link ${code}`, { isPublic: false });
    const [one, two] = await links();
    expect(two).toMatchObject({ place: "C8/1.1", threadId: one!.threadId, reach: "channel" });
  });

  it("works once, for a day, and only the newest of a place; what is kept does not tell it", async () => {
    await world.linked();
    const old = await share();
    const code = await share();
    await world.say(`link ${old}`, there);
    expect(told()).toMatch(/^This code is not known/);
    const [kept] = await world.sql`select * from link_invitations`;
    expect(JSON.stringify(kept)).not.toContain(code);
    await world.say(`link ${code}`, there);
    await world.say(`link ${code}`, { ...there, at: at("CX/2.2", "T2") });
    expect(told()).toMatch(/^This code is not known, was used/);
    expect(await links()).toHaveLength(2);
    await world.sql`update link_invitations set used_at = null, expires_at = now()`;
    await world.say(`link ${code}`, { ...there, at: at("CX/2.2", "T2") });
    expect(await links()).toHaveLength(2);
  });

  it("is given, and used, by those who run or decide, and by nobody else", async () => {
    await world.linked();
    await world.say("share");
    expect(told(MEMBER)).toMatch(/^Only maintainers and admins of this workspace let/);
    await world.say("share", { by: person(MAINTAINER) });
    const code = codeIn(told(MAINTAINER));
    await world.say(`link ${code}`, { by: elsewhere(MEMBER), at: at("CX/1.1", "T2") });
    expect(told(MEMBER)).toMatch(/^Only maintainers and admins of this workspace join/);
    await world.say(`link ${code}`, { ...there, by: { ...elsewhere(ADMIN), isOutsider: true } });
    expect(told()).toMatch(/as one of its own people/);
    await world.say(`link ${code}`, { ...there, at: at("DX/dm", "T2"), isPrivate: true });
    expect(told()).toMatch(/as one of its own people/);
    world.open.clear();
    await world.say(`link ${code}`, there);
    expect(told()).toMatch(/may not talk about acme\/rfcs/);
    expect(await links()).toHaveLength(1);
  });

  it("is not given to the guests of a shared channel, whatever they decide elsewhere", async () => {
    await world.linked();
    await world.say("share", { by: { ...person(MAINTAINER), isOutsider: true } });
    expect(told(MAINTAINER)).toMatch(/^Only people of this workspace share/);
    expect(await world.sql`select 1 from link_invitations`).toHaveLength(0);
  });

  it("is made anew, and kept nowhere, where it could not be told at once", async () => {
    await world.linked();
    const message = world.message("share", byAdmin);
    world.platform.failNext("tell", "before", new HostBusy("Later.", new Date()));
    await expect(world.desk.handle({ kind: "message", message })).rejects.toThrow("Later.");
    expect(await world.sql`select 1 from owed_answers`).toHaveLength(0);
    await world.desk.handle({ kind: "message", message });
    await world.say(`link ${codeIn(told())}`, there);
    expect(await links()).toHaveLength(2);
  });

  it("leaves a note of what the command that used it is to tell, which would find it used", async () => {
    await world.linked();
    const tell = world.platform.tell.bind(world.platform);
    let owed: readonly unknown[] = [];
    world.platform.tell = async (...given) => {
      owed = await world.sql`select 1 from owed_answers`;
      return tell(...given);
    };
    await world.slash(`link ${await share()}`, ADMIN);
    // By then it is noted what there is to tell, should this end before it is told.
    expect(owed).toHaveLength(1);
    expect(told()).toMatch(/is discussed in a new thread/);
    expect(await world.sql`select 1 from owed_answers`).toHaveLength(0);
    expect(await links()).toHaveLength(2);
  });

  it("joins no place twice that several workspaces have in common", async () => {
    await world.linked();
    const code = await share();
    await world.say(`link ${code}`, { by: elsewhere(ADMIN), at: at("C1/1.1", "T2") });
    expect(told()).toMatch(/^This very place holds/);
    expect(await links()).toHaveLength(1);
  });

  it("does not show to others what was said in a place that has left, but joins that one again", async () => {
    const first = await world.linked();
    await world.say(`link ${await share()}`, there);
    await world.say("Between us.", { ...there, addressed: false, isPublic: false });
    await world.say("unlink", there);
    const code = await share();
    await world.say(`link ${code}`, {
      by: { ...elsewhere(ADMIN), workspaceId: "T3" },
      at: at("CY/1.1", "T3"),
    });
    expect(told()).toMatch(/^This conversation is or was also held/);
    expect(await links()).toHaveLength(2);
    await world.say(`link ${code}`, there);
    expect((await links()).at(-1)).toMatchObject({ threadId: first.threadId, isEnded: false });
  });

  it("is not given for what is said to Redline alone", async () => {
    await world.say("link rfc", { ...byAdmin, at: at("D1/dm"), isPrivate: true });
    await world.say("share", { ...byAdmin, at: at("D1/dm"), isPrivate: true });
    expect(told()).toMatch(/^What is said to me alone/);
  });

  it("does not let one side show the other's place to third parties", async () => {
    await linkAt("C9/1.1", "link rfc", { isPublic: false });
    const code = await share({ at: at("C9/1.1"), isPublic: false });
    await world.say(`link ${code}`, there);
    await world.say("share", there);
    expect(told()).toMatch(/^This conversation is or was also held/);
    // Nor is it offered where the other side may look.
    await world.say("link rfc", { ...there, at: at("CX/2.2", "T2") });
    expect((await links()).at(-1)).toMatchObject({ place: "CX/2.2" });
    expect(new Set((await links()).map(({ threadId }) => threadId)).size).toBe(2);
  });

  it("lets the people of either side see the changes of the conversation, and nobody else", async () => {
    const link = await linkAt("C9/1.1", "link rfc", { isPublic: false });
    const code = await share({ at: at("C9/1.1"), isPublic: false });
    await world.say(`link ${code}`, there);
    const by = await world.user(MEMBER);
    const edit = { original: "one minute", proposed: "two minutes", reason: "Gentler." };
    await world.built.engine.changes.propose(link!.threadId, edit, by);
    const seen = async (workspaceId: string, channel: string | null) => {
      const platform = "slack" as const;
      const eyes = {
        platform,
        workspaceId,
        userId: by.id,
        isOpen: true,
        channel,
        onlyThread: null,
      };
      return (await listReachableChanges(world.sql, eyes, "rfc", ["pending"])).length;
    };
    expect(await seen("T1", "C9")).toBe(1);
    expect(await seen("T1", "C1")).toBe(0);
    expect(await seen("T2", "CX")).toBe(1);
    expect(await seen("T3", "C9")).toBe(0);
    await world.say("unlink", there);
    expect(await seen("T2", "CX")).toBe(0);
  });
});

describe("a place that becomes private", () => {
  const closes = () =>
    world.desk.handle({
      kind: "channel_closed",
      at: { platform: "slack", workspaceId: "T1" },
      channel: "C1",
    });

  it("leaves the conversation that it shares, and both are told", async () => {
    const first = await world.linked();
    await linkAt("C2/1.1", "link rfc join 1");
    await closes();
    expect(await links()).toMatchObject([
      { place: "C1/1.1", reach: "channel", isEnded: true },
      { place: "C2/1.1", reach: "workspace", isEnded: false },
    ]);
    expect((await world.notes(first.threadId)).at(-1)).toMatch(/^Not everybody in the workspace/);
  });

  it("leaves it with the first message that tells, which is not kept", async () => {
    const first = await world.linked();
    await linkAt("C2/1.1", "link rfc join 1");
    await world.say("Between us.", { addressed: false, isPublic: false });
    expect(await world.said(first.threadId)).toEqual([]);
    expect((await links())[0]).toMatchObject({ place: "C1/1.1", isEnded: true });
  });

  it("shows no edit that is made there since", async () => {
    const first = await world.linked();
    await linkAt("C2/1.1", "link rfc join 1");
    const [one, two] = [await world.say("One."), await world.say("Two.")];
    const edits = (message: ChatMessage, text: string) =>
      world.desk.handle({ kind: "edited", message: { ...message, text, isPublic: false } });
    // The edit is the first that tells of it.
    await edits(one, "Between us.");
    await edits(two, "Between us, too.");
    expect((await links())[0]).toMatchObject({ isEnded: true });
    expect(await world.said(first.threadId)).toEqual(["Mel: One. *", "Mel: Two. *"]);
    await world.desk.handle({ kind: "deleted", at: two.at, id: two.id });
    expect(await world.said(first.threadId)).toEqual(["Mel: One. *", "Mel:  *"]);
  });

  it("stays where it shares nothing, or both sides agreed", async () => {
    await world.linked();
    await closes();
    expect(await links()).toMatchObject([{ reach: "channel", isEnded: false }]);
    const code = await share({ isPublic: false });
    await world.say(`link ${code}`, { by: elsewhere(ADMIN), at: at("CX/1.1", "T2") });
    await closes();
    expect(await links()).toMatchObject([{ isEnded: false }, { isEnded: false }]);
  });

  it("is not opened again by a message", async () => {
    await world.linked();
    await closes();
    await world.say("Hm.", { addressed: false, isPublic: true });
    expect(await links()).toMatchObject([{ reach: "channel" }]);
  });
});

describe("a conversation in two places", () => {
  it("is shown from there on, and goes on in one when the other is unlinked", async () => {
    const first = await world.linked();
    await world.say("Before.", { addressed: false });
    await linkAt("C2/1.1", "link rfc join 1");
    const [link] = await world.sql`
      select shown_from, remarks_from from thread_links where place = 'C2/1.1'`;
    expect(link).toEqual({ shownFrom: 3, remarksFrom: 3 });
    await world.say("unlink", { ...byAdmin, at: at("C2/1.1") });
    expect((await world.notes(first.threadId)).at(-1)).toBe(
      "Ada ended the discussion of the RFC in its place in Slack.",
    );
    expect(await links()).toMatchObject([{ isEnded: false }, { isEnded: true }]);
  });

  it("keeps with each message where it was written", async () => {
    await world.linked();
    await linkAt("C2/1.1", "link rfc join 1");
    await world.say("One.", { addressed: false });
    await world.say("Two?", { at: at("C2/1.1") });
    const rows = await world.sql`
      select m.text, l.place from thread_messages m join thread_links l on l.id = m.said_in
      order by m.seq`;
    expect([...rows]).toEqual([
      { text: "One.", place: "C1/1.1" },
      { text: "Two?", place: "C2/1.1" },
    ]);
  });
});
