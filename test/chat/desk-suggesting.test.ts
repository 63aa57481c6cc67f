import { describe, expect, it } from "vitest";
import type { ChatPerson } from "../../src/chat/chat-event.ts";
import type { DeskWorld } from "./desk-world.ts";
import { ADMIN, MEMBER, PLACE, person } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const at = (place: string) => ({ platform: "slack", workspaceId: "T1", place }) as const;

async function values(
  command: string,
  typed: string,
  { place = PLACE, by = person(MEMBER) }: { place?: string | null; by?: ChatPerson } = {},
): Promise<string[]> {
  const where = place === null ? null : at(place);
  const offered = await world.desk.suggest({ at: where, by, command, typed });
  return offered.map(({ value }) => value);
}

describe("RFCs", () => {
  it("are offered by slug and title, those that begin so first", async () => {
    await world.register("web-rfc");
    await world.register("other");
    expect(await values("link", "", { place: null })).toEqual(["other", "web-rfc", "rfc"]);
    expect(await values("link", "RFC")).toEqual(["rfc", "web-rfc"]);
    expect(await values("link", "title of oth")).toEqual(["other"]);
    expect(await values("link", "%")).toEqual([]);
    const [only] = await world.desk.suggest({
      at: null,
      by: person(MEMBER),
      command: "link",
      typed: "other",
    });
    expect(only).toEqual({ name: "other · Title of other", value: "other" });
  });

  it("are those that the workspace may talk about, for its own people", async () => {
    world.open.clear();
    await world.register("theirs", "acme/theirs");
    await world.sql`
      insert into workspace_repositories (platform, workspace_id, repository)
      values ('slack', 'T1', 'acme/theirs')`;
    expect(await values("link", "")).toEqual(["theirs"]);
    expect(await values("link", "", { by: { ...person(MEMBER), isOutsider: true } })).toEqual([]);
    expect(await values("link", "", { by: person(MEMBER, "T2") })).toEqual([]);
  });

  it("are at most 25, of at most 100 characters each", async () => {
    for (let n = 0; n < 26; n += 1) await world.register(`long-${n}`);
    await world.sql`update rfcs set title = repeat('𝒳 title ', 100)`;
    const offered = await world.desk.suggest({
      at: null,
      by: person(MEMBER),
      command: "link",
      typed: "",
    });
    expect(offered).toHaveLength(25);
    for (const { name } of offered) {
      expect(name.length).toBeLessThanOrEqual(100);
      expect(name.isWellFormed()).toBe(true);
    }
  });
});

describe("changes", () => {
  it("are the open ones of the place, by number, section and reason", async () => {
    const link = await world.linked();
    const { number } = await world.card(link);
    const by = await world.user(MEMBER);
    const edit = { original: "fox", proposed: "cat", reason: "Cats\njump, too." };
    await world.built.engine.changes.propose(link.threadId, edit, by);
    expect(await values("accept", "")).toEqual(["1", "2"]);
    expect(await values("decline", `#${number}`)).toEqual(["1"]);
    expect(await values("accept", "cats")).toEqual(["2"]);
    const [first] = await world.desk.suggest({
      at: at(PLACE),
      by: person(MEMBER),
      command: "accept",
      typed: "2",
    });
    expect(first).toEqual({ name: "#2 § The RFC: Cats jump, too.", value: "2" });
    expect(await values("accept", "", { place: null })).toEqual([]);
    expect(await values("accept", "", { place: "C9/9.9" })).toEqual([]);
  });

  it("of private places are offered there alone", async () => {
    await world.linked();
    await world.say("link rfc", { at: at("D1/1.1"), isPrivate: true });
    await world.card((await world.link("D1/1.1"))!);
    await world.say("link rfc", { at: at("C2/2.2"), by: person(ADMIN), isPublic: false });
    await world.card((await world.link("C2/2.2"))!);
    for (const by of [person(ADMIN), person("USTRANGER")]) {
      expect(await values("accept", "", { by })).toEqual([]);
      expect(await values("accept", "", { place: "C2/2.2", by })).toEqual(["2"]);
    }
    expect(await values("accept", "", { place: "D1/1.1" })).toEqual(["1"]);
    expect(await values("accept", "", { place: "D1/1.1", by: person("USTRANGER") })).toEqual([]);
  });
});

it("offers models and modes", async () => {
  expect(await values("model", "")).toEqual([]);
  await world.linked();
  expect(await values("model", "scripted-2")).toEqual(["scripted-2"]);
  expect(await values("mode", "")).toEqual(["mention", "follow", "quiet"]);
  expect(await values("mode", "F")).toEqual(["follow"]);
  expect(await values("status", "")).toEqual([]);
});

it("offers nothing where it cannot be told", async () => {
  await world.linked();
  world.built.engine.models.list = () => Promise.reject(new Error("no models"));
  expect(await values("model", "")).toEqual([]);
  world.built.engine.models.list = () => new Promise(() => {});
  expect(await values("model", "")).toEqual([]);
});
