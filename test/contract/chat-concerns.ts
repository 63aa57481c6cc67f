/** Concerns and proposals to merge in a chat, on every platform alike. */
import { describe, expect, it } from "vitest";
import type { MergeProposal } from "../../src/concerns/concern.ts";
import type { SceneApp } from "../support/chat-scene.ts";
import { HOUR } from "../support/chat-scene.ts";
import { until } from "../support/test-app.ts";
import type { ChatKit } from "./chat-kit.ts";

export function describeConcerns<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(kit: ChatKit<World, Thread, User, Shown>): void {
  const { ask, toldNext } = kit;
  const said = (world: World, thread: Thread, words: string) =>
    until(async () => world.replies(thread).find((text) => text.includes(words)), words);
  const mergeCards = (world: World, thread: Thread): Shown[] =>
    world.visible(thread).filter(({ text }) => /Merge of The RFC/u.test(text));
  const current = ({ app, repository }: World): Promise<MergeProposal | null> =>
    app.engine.merges.current("rfc", repository.branch);

  describe("a concern", () => {
    it("is raised by anyone, listed, and settled by its author or who decides", async () => {
      await using world = await kit.start();
      const { ada, bob } = world;
      const thread = await kit.decidedByBob(world);
      const told = await toldNext(world, ada, () => ask(world, ada, thread, "concern Who pays?"));
      expect(told).toContain("You raised concern #1.");
      await said(world, thread, "raised concern #1: Who pays?");
      const status = await toldNext(world, bob, () => ask(world, bob, thread, "status"));
      expect(status).toContain("Concerns: 1 open");
      expect(status).toContain("Who pays?");
      const list = await toldNext(world, bob, () => ask(world, bob, thread, "concerns"));
      expect(list).toMatch(/1 open concern;.*\n.*#1.*Who pays\?/u);

      const taken = () => ask(world, bob, thread, "concern withdraw 1");
      expect(await toldNext(world, bob, taken)).toMatch(/Only .* withdraws concern #1/u);
      await toldNext(world, bob, () => ask(world, bob, thread, "concern resolve 1 We do."));
      await said(world, thread, "resolved concern #1: We do.");
      await toldNext(world, bob, () => ask(world, bob, thread, "concern Mine."));
      // Ada runs the workspace, and decides nothing here.
      const refused = await toldNext(world, ada, () =>
        ask(world, ada, thread, "concern resolve 2"),
      );
      expect(refused).toContain("Only maintainers decide here");
      await toldNext(world, bob, () => ask(world, bob, thread, "concern withdraw 2"));
      await said(world, thread, "withdrew concern #2.");
      const again = await toldNext(world, ada, () => ask(world, ada, thread, "concern resolve 7"));
      expect(again).toContain("There is no concern #7 here");
      const audit = await world.app.sql<{ act: string }[]>`select act from audit_entries`;
      expect(audit.map(({ act }) => act)).toEqual(["withdraw_concern", "resolve_concern"]);
    });

    it("is raised about a change by its card's button, whoever presses it", async () => {
      await using world = await kit.start();
      const { ada } = world;
      const thread = await kit.decidedByBob(world);
      const [card] = await kit.propose(world, thread, HOUR);
      const form = await kit.opened(world, ada, thread, card!, "Raise a concern");
      expect(form.title).toBe("Concern: change #1");
      expect(form.fields).toEqual({ text: "" });
      await form.submit({ text: "An hour is too long." });
      await said(world, thread, "raised concern #1 about “one minute”: An hour is too long.");
      const [concern] = await world.app.engine.concerns.list("rfc");
      expect(concern).toMatchObject({ anchorText: "one minute", state: "open" });
      // The change is as it was.
      expect(kit.buttonsOf(kit.seenAt(world, thread, kit.idOf(card!)))).toContain("Accept");

      // Its acceptance changes the passage: the author is asked.
      await kit.press(world, world.bob, thread, card!, "Accept");
      await said(world, thread, "Does that settle it");
    });
  });

  describe("a proposal to merge", () => {
    it("asks with a card, is held by a concern, and is agreed once nothing holds it", async () => {
      await using world = await kit.start();
      const { ada, bob } = world;
      const thread = await kit.decidedByBob(world);
      await world.app.engine.people.setMaintainer(
        "rfc",
        await idOf(world, "ada"),
        true,
        (await world.app.engine.people.localMaintainer()).id,
      );
      await toldNext(world, ada, () => ask(world, ada, thread, "concern Who pays?"));
      const told = await toldNext(world, bob, () => ask(world, bob, thread, "propose-merge 0"));
      expect(told).toContain("You proposed the merge. 1 are asked");
      const card = await until(async () => mergeCards(world, thread)[0], "the card");
      expect(kit.buttonsOf(card)).toEqual(["Agree", "Object", "Open"]);
      expect(card.text).toContain("Who pays?");
      await said(world, thread, "The wait is over, and concern #1 still holds the merge");

      await kit.press(world, ada, thread, card, "Object");
      await said(world, thread, "objected to the merge.");
      await kit.says(world, thread, kit.idOf(card), "✕ objects");
      await toldNext(world, ada, () => ask(world, ada, thread, "concern withdraw 1"));
      await world.settled();
      expect((await current(world))?.state).toBe("open");

      await kit.press(world, ada, thread, card, "Agree");
      await said(world, thread, "It is agreed to merge this");
      const after = await kit.says(world, thread, kit.idOf(card), "Agreed: nothing held it.");
      expect(kit.buttonsOf(after)).toEqual([]);
      expect(mergeCards(world, thread)).toHaveLength(1);
      expect((await current(world))?.state).toBe("agreed");
    });

    it("is for those who may decide, and the word is for those who are asked", async () => {
      await using world = await kit.start();
      const { ada, bob } = world;
      const thread = await kit.decidedByBob(world);
      const refused = await toldNext(world, ada, () => ask(world, ada, thread, "propose-merge"));
      expect(refused).toContain("Only maintainers decide here");
      expect(await current(world)).toBeNull();

      await toldNext(world, bob, () => ask(world, bob, thread, "propose-merge"));
      const card = await until(async () => mergeCards(world, thread)[0], "the card");
      const pressed = () => kit.press(world, ada, thread, card, "Object");
      expect(await toldNext(world, ada, pressed)).toContain("not among those who are asked");
      const written = () => ask(world, ada, thread, "propose-merge object");
      expect(await toldNext(world, ada, written)).toContain("not among those who are asked");
      const withdrawn = () => ask(world, ada, thread, "propose-merge withdraw");
      expect(await toldNext(world, ada, withdrawn)).toContain("Only maintainers decide here");
      const proposal = (await current(world))!;
      expect(proposal.state).toBe("open");
      expect(proposal.words.map(({ word }) => word)).toEqual(["agree"]);
      const audit = await world.app.sql<{ act: string }[]>`
        select act from audit_entries order by id`;
      expect(audit.map(({ act }) => act)).toEqual([
        "propose_merge",
        "merge_word",
        "merge_word",
        "withdraw_merge",
      ]);

      const twice = await toldNext(world, bob, () => ask(world, bob, thread, "propose-merge 5"));
      expect(twice).toContain("proposed the merge already");
      await toldNext(world, bob, () => ask(world, bob, thread, "propose-merge withdraw"));
      await kit.says(world, thread, kit.idOf(card), "Withdrawn.");
      expect((await current(world))?.state).toBe("withdrawn");
    });
  });
}

async function idOf({ app }: Pick<SceneApp<never, never, never>, "app">, name: string) {
  const [row] = await app.sql<{ id: string }[]>`select id from users where display_name = ${name}`;
  return row!.id;
}
