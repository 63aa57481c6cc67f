import { beforeEach, describe, expect, it } from "vitest";
import { HostBusy } from "../../src/ports.ts";
import {
  allowRepository,
  disallowRepository,
  listRepositories,
} from "../../src/chat/repositories.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MAINTAINER, MEMBER, PLACE, person, T1 } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const byAdmin = { by: person(ADMIN) };

describe("link", () => {
  it("links a thread, greets all in it, and says next time to what", async () => {
    const { threadId } = await world.linked();
    expect(await world.notes(threadId)).toEqual([
      expect.stringMatching(/“Title of rfc” \(`rfc`, branch `main`\).*Max may accept and decline/),
    ]);
    await world.say("link rfc", byAdmin);
    await world.register("other");
    await world.say("link other", byAdmin);
    expect(world.platform.toldTo(ADMIN)).toEqual([
      expect.stringMatching(/“Title of rfc” \(`rfc`\) already; .*`unlink`/),
      expect.stringMatching(/“Title of rfc” \(`rfc`\) already/),
    ]);
    expect((await world.link())!.threadId).toBe(threadId);
    const looks =
      await world.sql`select 1 from place_looks k join thread_links l on l.id = k.link_id`;
    expect(looks).toHaveLength(1);
  });

  it("is for admins; others are told who can do it", async () => {
    for (const text of ["link rfc", "unlink", "mode quiet", "maintainers add <@U9>"]) {
      if (text === "unlink") await world.linked();
      await world.say(text);
    }
    expect(world.platform.toldTo(MEMBER)).toHaveLength(4);
    for (const told of world.platform.toldTo(MEMBER)) expect(told).toMatch(/^Only admins of this/);
    expect((await world.link())!.mode).toBe("mention");
  });

  it("begins one thread in a channel, however often it is handled", async () => {
    const event = await world.slash("link rfc", ADMIN);
    const { at } = world.platform.threadsStarted[0]!;
    const { threadId } = (await world.link(at.place))!;
    expect(world.platform.toldTo(ADMIN)[0]).toContain(`https://chat.example/T1/${at.place}`);
    await world.desk.handle(event);
    expect(world.platform.threadsStarted).toHaveLength(1);
    expect((await world.link(at.place))!.threadId).toBe(threadId);
    expect(world.platform.toldTo(ADMIN)[1]).toBe(world.platform.toldTo(ADMIN)[0]);
    await world.slash("link rfc new", ADMIN);
    expect(world.platform.threadsStarted).toHaveLength(2);
  });

  it("goes on after the platform has begun a thread and nobody heard of it", async () => {
    world.platform.failNext("startThread", "after");
    const event = {
      kind: "command",
      at: null,
      channel: "C1",
      by: person(ADMIN),
      text: "link rfc",
      reply: { channel: "C1", thread: null, trigger: "t", responseUrl: null },
    } as const;
    await expect(world.desk.handle(event)).rejects.toThrow("lost");
    await world.desk.handle(event);
    expect(world.platform.threadsStarted).toHaveLength(1);
    expect(await world.link(world.platform.threadsStarted[0]!.at.place)).not.toBeNull();
    expect(await world.sql`select 1 from threads`).toHaveLength(1);
  });

  it("begins nothing in a channel when the RFC cannot be linked", async () => {
    await world.slash("link nothing", ADMIN);
    expect(world.platform.threadsStarted).toEqual([]);
    expect(world.platform.toldTo(ADMIN)).toEqual([
      "There is no RFC “nothing” here; these may be linked: `rfc`.",
    ]);
  });

  it("makes the RFC of a pull request known, and asks what stands behind the address", async () => {
    const url = world.pull(7, "new.md");
    const message = await world.say(`${url} what is this about?`, byAdmin);
    const { threadId } = (await world.link())!;
    const { thread } = await world.built.engine.threads.view(threadId);
    expect(thread).toMatchObject({ rfcSlug: "new", branchName: "branch-7" });
    expect(await world.said(threadId)).toEqual(["Ada: what is this about? *"]);
    await world.desk.handle({ kind: "deleted", at: message.at, id: message.id });
    expect(await world.said(threadId)).toEqual(["Ada:  *"]);
    await world.say(`${url} and this?`);
    expect((await world.said(threadId)).at(-1)).toBe(`Mel: ${url} and this? *`);
  });

  it("goes on with the question after it was interrupted", async () => {
    const url = world.pull(7, "new.md");
    const message = world.message(`${url} what is this about?`, byAdmin);
    await world.say(`link ${url}`, byAdmin);
    await world.desk.handle({ kind: "message", message });
    await world.desk.handle({ kind: "message", message });
    expect(await world.said((await world.link())!.threadId)).toHaveLength(1);
  });

  it("holds the thread of a known document on the pull request's branch", async () => {
    await world.say(`link ${world.pull(8, "rfc.md")}`, byAdmin);
    const { threadId } = (await world.link())!;
    const { thread } = await world.built.engine.threads.view(threadId);
    expect(thread).toMatchObject({ rfcSlug: "rfc", branchName: "branch-8" });
  });

  it("asks which document of a pull request is meant, and what to write", async () => {
    const url = world.pull(9, "a.md b.md");
    await world.say(`link ${url}`, byAdmin);
    expect(world.platform.toldTo(ADMIN)[0]).toMatch(/a\.md, b\.md\. Write `link \S+ <path>`\.$/);
    world.documents.set("acme/rfcs branch-9 b.md", "# B\n");
    await world.say(`link ${url} b.md`, byAdmin);
    expect(await world.notes((await world.link())!.threadId)).toEqual([
      expect.stringContaining("`b`"),
    ]);
  });

  it("may begin anew after unlink", async () => {
    const first = await world.linked();
    await world.say("unlink", byAdmin);
    expect(await world.link()).toBeNull();
    expect((await world.notes(first.threadId)).at(-1)).toMatch(/^Ada ended/);
    expect((await world.linked()).threadId).not.toBe(first.threadId);
  });
});

describe("where there are several workspaces", () => {
  beforeEach(() => world.open.clear());

  it("refuses what is not theirs in the words for what is not there", async () => {
    await world.say("link rfc", byAdmin);
    await world.say("link nothing", byAdmin);
    const [first, second] = world.platform.toldTo(ADMIN);
    expect(first!.replace("rfc", "nothing")).toBe(second);
    await world.say(`link ${world.pull(7, "new.md")}`, byAdmin);
    expect(world.platform.toldTo(ADMIN)[2]).toMatch(
      /acme\/rfcs.*whoever runs Redline can allow it/,
    );
    expect(await world.link()).toBeNull();
  });

  it("follows what the operator allows, and takes back", async () => {
    expect(await allowRepository(world.sql, T1, "Acme/RFCs")).toBe(true);
    expect(await allowRepository(world.sql, T1, "acme/rfcs")).toBe(false);
    expect(await listRepositories(world.sql)).toEqual([{ ...T1, repository: "acme/rfcs" }]);
    await world.linked();
    await disallowRepository(world.sql, T1, "acme/rfcs");
    expect(await world.link()).toBeNull();
    await expect(allowRepository(world.sql, T1, "acme")).rejects.toThrow("`owner/name`");
  });

  it("keeps the last limit of Discord's servers, without which all were open", async () => {
    const [one, two] = ["1", "2"].map((id) => ({ platform: "discord", workspaceId: id }) as const);
    await allowRepository(world.sql, one!, "acme/rfcs");
    await allowRepository(world.sql, two!, "acme/rfcs");
    expect(await disallowRepository(world.sql, one!, "acme/rfcs")).toBe(true);
    const last = disallowRepository(world.sql, two!, "acme/rfcs");
    await expect(last).rejects.toThrow("every Discord server may discuss every RFC");
    expect(await listRepositories(world.sql)).toEqual([{ ...two, repository: "acme/rfcs" }]);
  });
});

describe("maintainers", () => {
  it("are named by admins, never by themselves", async () => {
    const { threadId } = await world.linked();
    await world.say(`maintainers add <@${MEMBER}>`, byAdmin);
    await world.say(`maintainers add <@${ADMIN}>`, byAdmin);
    await world.say("maintainers add @Mel", { ...byAdmin, mentioned: [person(MEMBER)] });
    await world.say("maintainers add @nobody", byAdmin);
    expect(world.platform.toldTo(ADMIN)).toEqual([
      expect.stringMatching(/^Nobody adds themselves/),
      "Mel is a maintainer already.",
      expect.stringContaining("I do not know whom you mean"),
    ]);
    await world.say("maintainers");
    expect(world.platform.toldTo(MEMBER)).toEqual(["Max, Mel may accept and decline."]);
    await world.say(`maintainers remove <@${MAINTAINER}>`, byAdmin);
    const notes = (await world.notes(threadId)).slice(1);
    expect(notes).toEqual([
      "Ada made Mel a maintainer: they may accept and decline in this workspace.",
      "Ada took Max off the maintainers of this workspace.",
    ]);
  });
});

describe("commands", () => {
  it("are answered in words, whatever is written", async () => {
    for (const text of ["frobnicate", "acept 3", "accept", "status", "help", ""]) {
      await world.slash(text, MEMBER);
    }
    const told = world.platform.toldTo(MEMBER);
    expect(told).toHaveLength(6);
    expect(told[0]).toBe("There is no command “frobnicate”; `help` lists what there is.");
    expect(told[1]).toBe("There is no command “acept”; did you mean `accept N`?");
    expect(told[2]).toMatch(/^Write `accept N`/);
    expect(told[3]).toMatch(/works in a thread/);
    expect(told[4]).toMatch(/`maintainers add\|remove\|list \[@user\] \[rfc\]`/);
  });

  it("tell what is discussed, list models and choose one for all to see", async () => {
    const { threadId } = await world.linked();
    await world.say("status");
    await world.say("model");
    await world.say("model scripted-2");
    await world.say("model nothing", byAdmin);
    await world.say("model scripted-2", { by: person(MAINTAINER) });
    await world.say("mode");
    const told = world.platform.toldTo(MEMBER);
    expect(told[0]).toMatch(/“Title of rfc” \(`rfc`\).*\n- Branch: `main`\n- Changes: 0 open/);
    expect(told[1]).toContain("`scripted-1` Scripted (answers here)");
    expect(told[2]).toMatch(/^Only maintainers and admins of this workspace choose the model/);
    expect(world.platform.toldTo(ADMIN)[0]).toMatch(/^There is no such model\.\n\n`model <id>`/);
    expect(told[3]).toBe("The mode here is `mention`: I answer when I am mentioned.");
    expect((await world.notes(threadId)).at(-1)).toBe("`scripted-2` answers here from now on.");
  });

  it("watch and unwatch the RFC", async () => {
    await world.linked();
    await world.say("watch");
    expect(await world.sql`select 1 from watches`).toHaveLength(1);
    await world.say("unwatch");
    expect(await world.sql`select 1 from watches`).toHaveLength(0);
  });

  it("stop what is being answered, as the platform's own button does", async () => {
    const { threadId } = await world.linked();
    await world.say("make it two minutes");
    await world.say("stop");
    await world.say("stop");
    expect(world.platform.toldTo(MEMBER)).toEqual([
      "The answer is stopped.",
      "There is no answer to stop.",
    ]);
    await world.say("make it three minutes");
    const at = { platform: "slack", workspaceId: "T1", place: PLACE } as const;
    await world.desk.handle({ kind: "stopped", at, by: null });
    const { turns } = await world.built.engine.threads.view(threadId);
    expect(turns.map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
  });
});

describe("a place that is gone", () => {
  it("ends its links, and a workspace all of its own", async () => {
    await world.linked();
    await world.desk.handle({ kind: "place_gone", at: T1, channel: "C2" });
    expect(await world.link()).not.toBeNull();
    await world.desk.handle({ kind: "place_gone", at: T1, channel: "C1" });
    expect(await world.link()).toBeNull();
    await world.linked();
    await world.desk.handle({ kind: "uninstalled", ...T1 });
    expect(await world.link()).toBeNull();
  });
});

describe("a host that is busy", () => {
  const busy = new HostBusy("Try again in a minute.", new Date(Date.now() + 60_000));

  it("is told of at once, where it has the documents", async () => {
    world.built.engine.rfcs.register = () => Promise.reject(busy);
    await world.say(`link ${world.pull(7, "new.md")}`, byAdmin);
    expect(world.platform.toldTo(ADMIN)).toEqual(["Try again in a minute."]);
  });

  it("is asked again later, where it is the platform", async () => {
    world.platform.failNext("startThread", "before", busy);
    await expect(world.slash("link rfc", ADMIN)).rejects.toBe(busy);
    expect(world.platform.told).toEqual([]);
  });
});

it("keeps what is linked by /rfc in private to that person", async () => {
  await world.slash("link rfc", MEMBER, "D1");
  const { threadId } = (await world.link("D1"))!;
  const [row] = await world.sql<{ privateTo: string }[]>`
    select private_to from thread_links where thread_id = ${threadId}`;
  expect(row!.privateTo).toBe((await world.user(MEMBER)).id);
});
