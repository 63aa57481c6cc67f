/** Who writes from no workspace may be anybody: in direct messages on Discord nothing is linked. */
import { expect, it } from "vitest";
import { allowRepository } from "../../src/chat/repositories.ts";
import { mayDiscuss } from "../../src/store/workspaces.ts";
import { scopeOf } from "../../src/chat/permissions.ts";
import { DISCORD_WORDS } from "../fakes/fake-chat-platform.ts";
import type { DeskWorld } from "./desk-world.ts";
import { MEMBER, person, replyWith } from "./desk-world.ts";
import { useDesk } from "./use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
  world.platform.words = DISCORD_WORDS;
});

const by = person(MEMBER, "");
const at = { platform: "slack", workspaceId: "", place: "D1/D1" } as const;
const direct = { at, by, isPrivate: true };
const ELSEWHERE =
  "RFCs are discussed in the threads of a server, where it is known who may read them: do this in one of those.";

it("says where to go instead, whatever is asked", async () => {
  const url = world.pull(7, "new.md");
  const message = world.message("Retries are too slow.", direct);
  for (const text of ["How often?", "Hello?", "link rfc", `${url} And this?`, "status"]) {
    await world.say(text, direct);
  }
  const command = { kind: "command", at, channel: "D1", by, isPrivate: true } as const;
  for (const text of ["link rfc", `link ${url}`, "changes"]) {
    await world.desk.handle({ ...command, text, reply: replyWith(text) });
  }
  for (const kind of ["discuss", "propose"] as const) {
    await world.desk.handle({ kind, message, by, reply: replyWith(kind) });
  }
  expect(world.platform.toldTo(MEMBER)).toEqual(Array(10).fill(ELSEWHERE));
  expect(world.platform.forms).toEqual([]);
  expect(await world.sql`select 1 from threads`).toHaveLength(0);
});

it("still lists the commands", async () => {
  await world.say("help", direct);
  expect(world.platform.toldTo(MEMBER)).toEqual([expect.stringContaining("`help` shows this")]);
  expect(world.platform.toldTo(MEMBER)[0]).toMatch(
    /^RFCs are discussed in the threads of a server/,
  );
});

it("offers and discusses no RFC, though the platform is open", async () => {
  const partial = { at, by, command: "link", typed: "" };
  expect(await world.desk.suggest(partial)).toEqual([]);
  const scope = scopeOf({ openPlatforms: world.open }, by);
  expect(await mayDiscuss(world.sql, scope, "acme/rfcs")).toBe(false);
  await allowRepository(world.sql, { platform: "slack", workspaceId: "T1" }, "acme/rfcs");
  expect(await mayDiscuss(world.sql, scope, "acme/rfcs")).toBe(false);
});
