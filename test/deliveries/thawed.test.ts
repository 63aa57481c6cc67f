import { expect, it } from "vitest";
import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import { Postings } from "../../src/deliveries/postings.ts";
import { beginDelivery, ensureDelivery, findPlace } from "../../src/store/deliveries.ts";
import { ChatWorld } from "./chat-world.ts";

/** A delivery that the platform refuses, posted by the worker that has the look of its place. */
async function refused(world: ChatWorld) {
  await world.settled();
  const { sql } = world.test.app;
  const [link] = await sql<{ id: string; epoch: number }[]>`
    select l.id, k.lease_epoch as epoch from thread_links l
    join place_looks k on k.link_id = l.id where l.place = ${world.place}`;
  const { id: linkId, epoch } = link!;
  const place = (await findPlace(sql, linkId))!;
  const row = await ensureDelivery(sql, linkId, { kind: "card", subjectId: place.threadId });
  const look = { linkId, epoch, asked: 0, failures: 0, problem: null };
  const control = { signal: new AbortController().signal, assertHeld: () => {} };
  const postings = new Postings({ sql, platform: world.platform, place, look, control });
  world.platform.failNext("post", "before", new PlaceRefused("content", "It is not taken."));
  const post = postings.show(row, () => ({ kind: "note", markdown: "Hm." }), "final");
  const read = async () =>
    (await sql`select state, begun_at from deliveries where id = ${row.id}`)[0];
  return { sql, row, look, post, read };
}

it("lets a delivery go that is known not to be sent", async () => {
  await using world = await ChatWorld.start();
  const { post, read } = await refused(world);
  await expect(post).rejects.toThrow("It is not taken.");
  expect(await read()).toEqual({ state: "pending", begunAt: null });
});

it("leaves it to whoever has the look by now, when it comes back from a freeze", async () => {
  await using world = await ChatWorld.start();
  let thaw = (): void => {};
  const frozen = new Promise<void>((frozenNow) => {
    world.platform.onCall = ({ call }) => {
      if (call !== "post") return;
      frozenNow();
      return new Promise<void>((go) => (thaw = go));
    };
  });
  const { sql, row, look, post, read } = await refused(world);
  await frozen;
  await sql`update place_looks set lease_epoch = lease_epoch + 1 where link_id = ${look.linkId}`;
  expect(await beginDelivery(sql, { ...look, epoch: look.epoch + 1 }, row.id)).toEqual(
    expect.any(Date),
  );
  thaw();
  await expect(post).rejects.toThrow("It is not taken.");
  expect(await read()).toMatchObject({ state: "posting", begunAt: expect.any(Date) });
});
