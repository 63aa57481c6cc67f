/** Who may decide, by what a platform really sends: every door of a chat, on every platform alike. */
import { describe, expect, it } from "vitest";
import type { SceneApp } from "../support/chat-scene.ts";
import { HOUR } from "../support/chat-scene.ts";
import { until } from "../support/test-app.ts";
import type { ChatKit } from "./chat-kit.ts";

export function describePermission<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(
  kit: ChatKit<World, Thread, User, Shown>,
  options: {
    mentionOf(user: User): string;
    /** Has the platform send everything once more. */
    again?(world: World): Promise<void>;
  },
): void {
  const { ask, press, toldNext } = kit;
  const acts = async ({ app }: World): Promise<string[]> =>
    (await app.sql<{ act: string }[]>`select act from audit_entries order by id`).map(
      ({ act }) => act,
    );
  const stateOf = async ({ app }: World): Promise<string[]> =>
    (await app.sql<{ state: string }[]>`select state from changes`).map(({ state }) => state);

  describe("somebody who does not decide", () => {
    it("is refused at every door, leaves an entry of the audit each, and decides once they may", async () => {
      await using world = await kit.start();
      const { ada, bob } = world;
      const thread = await kit.decidedByBob(world);
      const [card] = await kit.propose(world, thread, HOUR);
      // What was opened while they decided is no way in afterwards.
      const form = await kit.opened(world, bob, thread, card!, "Decline");
      ask(world, ada, thread, `maintainers remove ${options.mentionOf(bob)}`);
      await until(
        async () => world.replies(thread).some((text) => text.includes(" off the maintainers")),
        "the removal",
      );
      const refused = /Only maintainers decide here/u;
      const doors: [act: string, () => unknown][] = [
        ["decline", () => form.submit({ reason: "No." })],
        ["accept", () => press(world, bob, thread, card!, "Accept")],
        ["decline", () => press(world, bob, thread, card!, "Decline")],
        ["edit", () => press(world, bob, thread, card!, "Edit")],
        ["accept", () => ask(world, bob, thread, "accept 1")],
        ["decline", () => ask(world, bob, thread, "decline 1 no")],
        ["propose_merge", () => ask(world, bob, thread, "propose-merge")],
      ];
      for (const [, tried] of doors) expect(await toldNext(world, bob, tried)).toMatch(refused);
      const adding = () => ask(world, bob, thread, `maintainers add ${options.mentionOf(ada)}`);
      expect(await toldNext(world, bob, adding)).toMatch(/Only admins/u);
      const expected = [...doors.map(([act]) => act), "add_maintainer"];
      expect(await acts(world)).toEqual(expected);
      await options.again?.(world);
      await world.settled();
      expect(await acts(world)).toEqual(expected);
      expect(await stateOf(world)).toEqual(["pending"]);
      expect(await world.app.sql`select 1 from decisions`).toHaveLength(0);
      expect(await world.app.sql`select 1 from merge_proposals`).toHaveLength(0);

      ask(world, ada, thread, `maintainers add ${options.mentionOf(bob)}`);
      await until(
        async () =>
          world.replies(thread).filter((text) => text.includes(" a maintainer: they")).length === 2,
        "the maintainer",
      );
      await press(world, bob, thread, card!, "Accept");
      await kit.says(world, thread, kit.idOf(card!), "Accepted by bob");
      expect(await acts(world)).toEqual(expected);
    });
  });
}
