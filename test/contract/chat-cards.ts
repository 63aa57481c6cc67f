/** What cards in a chat do, on every platform alike. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { UserError } from "../../src/errors.ts";
import { createGitHost } from "../../src/main/hosts.ts";
import type { DocumentHost } from "../../src/ports.ts";
import type { SceneApp } from "../support/chat-scene.ts";
import { HOUR } from "../support/chat-scene.ts";
import { memoryLogger, until } from "../support/test-app.ts";
import type { ChatKit } from "./chat-kit.ts";

/** How a platform's cards look. */
export interface CardLook<World, Thread, Shown> {
  /** First line of a card of change #1. */
  heading: string;
  why(reason: string): string;
  /** What is left of the buttons when all is decided. */
  openLink: string;
  /** A notice to all as it stands among the replies. */
  isNotice(text: string, words: string): boolean;
  notCommitted: string;
  /** What can be pressed or chosen where words stand on line 5 and line 9. */
  placeControls: readonly string[];
  choosesSecondPlace(world: World, thread: Thread, card: Shown): Promise<void>;
  /** How a conflict shows what the document says now. */
  conflict: RegExp;
  /** What a list of seven changes says on its first page. */
  list: Partial<Record<keyof Shown, readonly string[]>>;
}

const TWICE = `# The RFC

## Sending

We wait for the header.

## Receiving

They wait for the header.
`;

export function describeCards<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(kit: ChatKit<World, Thread, User, Shown>, look: CardLook<World, Thread, Shown>): void {
  describe("a card", () => {
    decidedCards(kit, look);
    cardsToPlace(kit, look);
    cardsThatFollow(kit);
    refusedCards(kit, look);
  });
  describe("more than five changes", () => {
    longLists(kit, look);
  });
}

const rfc = ({ repository }: Pick<SceneApp<never, never, never>, "repository">): Promise<string> =>
  repository.show("rfc.md");

async function changeId(
  { app }: Pick<SceneApp<never, never, never>, "app">,
  number: number,
): Promise<string> {
  const [row] = await app.sql<{ id: string }[]>`select id from changes where number = ${number}`;
  return row!.id;
}

function decidedCards<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(kit: ChatKit<World, Thread, User, Shown>, look: CardLook<World, Thread, Shown>): void {
  const { start, decidedByBob, propose, cardsIn, seenAt, says, idOf, buttonsOf } = kit;
  const { press, opened } = kit;

  it("is declined with a reason that everybody sees", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const form = await opened(world, world.bob, thread, card!, "Decline");
    expect(form.title).toBe("Decline change #1");
    await form.submit({ reason: "A minute is enough." });
    const after = await says(world, thread, idOf(card!), "Declined by bob: A minute is enough.");
    expect(buttonsOf(after)).toEqual([]);
    expect(after.text).toContain(look.openLink);
    const notice = "bob declined change #1: A minute is enough.";
    await until(async () => world.replies(thread).some((text) => look.isNotice(text, notice)));
    expect(await rfc(world)).toContain("one minute");
  });

  it("is edited before it is accepted", async () => {
    await using world = await start();
    const { bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const form = await opened(world, bob, thread, card!, "Edit");
    expect(form.fields).toEqual({ proposed: "one hour", reason: "Receivers need time." });
    await form.submit({ proposed: "ninety minutes", reason: "Not too long." });
    const isFresh = ({ text }: Shown): boolean => text.includes("ninety minutes");
    await until(async () => cardsIn(world, thread).some(isFresh));
    await world.settled();
    const fresh = cardsIn(world, thread).find(isFresh)!;
    expect(fresh.text).toContain(look.why("Not too long."));
    expect(fresh.text).toContain("Pending");
    await press(world, bob, thread, fresh, "Accept");
    await says(world, thread, idOf(fresh), "Accepted by bob");
    expect(await rfc(world)).toContain("sent after ninety minutes.");
    expect(cardsIn(world, thread).filter((one) => buttonsOf(one).includes("Accept"))).toEqual([]);
  });

  it("is a conflict where the same words were changed, and goes on by an edit", async () => {
    await using world = await start();
    const { bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const before = await rfc(world);
    await world.repository.outsideCommit("rfc.md", before.replace("one minute", "one day"));
    const conflict = await says(world, thread, idOf(card!), "Conflict");
    expect(conflict.text).toMatch(look.conflict);
    expect(buttonsOf(conflict)).toEqual(["Edit", "Decline", "Raise a concern", "Open"]);
    const form = await opened(world, bob, thread, card!, "Edit");
    await form.submit({ proposed: "one hour or a day" });
    const fresh = await until(async () =>
      cardsIn(world, thread).find(
        (one) => one.text.includes("one hour or a day") && !one.text.includes("Conflict"),
      ),
    );
    await world.settled();
    const { text } = seenAt(world, thread, idOf(fresh));
    if (text.includes("[Confirm]")) await press(world, bob, thread, fresh, "Confirm");
    await says(world, thread, idOf(fresh), "Pending");
    await press(world, bob, thread, fresh, "Accept");
    await says(world, thread, idOf(fresh), "Accepted by bob");
    expect(await rfc(world)).toContain("sent after one hour or a day.");
  });
}

/** Cards whose passage has to be found first. */
function cardsToPlace<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(kit: ChatKit<World, Thread, User, Shown>, look: CardLook<World, Thread, Shown>): void {
  const { start, decidedByBob, propose, says, idOf, buttonsOf, press } = kit;

  it("asks which of several places is meant, and then takes an accept", async () => {
    await using world = await start({ document: TWICE });
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["wait for the header", "wait for both headers"]);
    expect(card!.text).toContain("These words stand at 2 places. Which one is meant?");
    // Neither place is shown as if it were the one.
    expect(card!.text).not.toContain("We wait");
    expect(card!.text.split("\n")[0]).toBe(look.heading);
    expect(buttonsOf(card!)).toEqual([...look.placeControls, "Decline", "Raise a concern", "Open"]);
    await look.choosesSecondPlace(world, thread, card!);
    const placed = await says(world, thread, idOf(card!), "Pending");
    expect(placed.text).toContain("They wait for");
    await press(world, world.bob, thread, placed, "Accept");
    await says(world, thread, idOf(card!), "Accepted by bob");
    expect(await rfc(world)).toContain("We wait for the header.\n");
    expect(await rfc(world)).toContain("They wait for both headers.\n");
  });

  it("asks for one press where the text is only similar", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, [
      "The quick brown fox jumped over a lazy dog.",
      "The fox sleeps.",
    ]);
    expect(card!.text).toContain("only has words like these. Is this the place?");
    expect(buttonsOf(card!)).toEqual(["Confirm", "Decline", "Raise a concern", "Open"]);
    await press(world, world.bob, thread, card!, "Confirm");
    expect(buttonsOf(await says(world, thread, idOf(card!), "Pending"))).toContain("Accept");
  });

  it("is merged with somebody's edit, and asks to be confirmed", async () => {
    await using world = await start();
    const { bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["It stays the same", "It remains the same"]);
    const before = await rfc(world);
    await world.repository.outsideCommit(
      "rfc.md",
      before
        .replace("the same over", "the very same over")
        .replace("stays the very same", "stays very much the same"),
    );
    const merged = await says(world, thread, idOf(card!), "both edits together");
    expect(buttonsOf(merged)).toEqual(["Confirm", "Edit", "Decline", "Raise a concern", "Open"]);
    await press(world, bob, thread, card!, "Confirm");
    await says(world, thread, idOf(card!), "Pending");
    await press(world, bob, thread, card!, "Accept");
    await says(world, thread, idOf(card!), "Accepted by bob");
    expect(await rfc(world)).toContain("It remains very much the same");
  });

  it("asks again where its passage moved", async () => {
    const filler = Array.from({ length: 12 }, (_, at) => `More text ${at} that stays.`).join("\n");
    const list = "## Limits\n\n- first of the limits\n- second of the limits\n- third of them\n\n";
    const document = `# The RFC\n\n${list}## Rest\n\n${filler}\n\nThe end.\n`;
    await using world = await start({ document });
    const { bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["- second of the limits", "- another limit"]);
    const tip = `# The RFC\n\n## Rest\n\n${filler}\n\nThe end.\n\n${list}`;
    await world.repository.outsideCommit("rfc.md", tip);
    const moved = await says(world, thread, idOf(card!), "now stands elsewhere");
    expect(buttonsOf(moved)).toEqual(["Confirm", "Decline", "Raise a concern", "Open"]);
    await press(world, bob, thread, card!, "Confirm");
    await says(world, thread, idOf(card!), "Pending");
    await press(world, bob, thread, card!, "Accept");
    await says(world, thread, idOf(card!), "Accepted by bob");
    expect(await rfc(world)).toContain("- first of the limits\n- another limit\n");
  });
}

/** Cards that show what happened elsewhere. */
function cardsThatFollow<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(kit: ChatKit<World, Thread, User, Shown>): void {
  const { start, decidedByBob, propose, seenAt, says, idOf, buttonsOf, ask, toldNext } = kit;

  it("is stale when its passage went, and pending when it comes back", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, ["- second item", "- third item"]);
    const before = await rfc(world);
    await world.repository.outsideCommit("rfc.md", before.replace("- second item\n", ""));
    const stale = await says(world, thread, idOf(card!), "Stale");
    expect(buttonsOf(stale)).toEqual(["Decline", "Raise a concern", "Open"]);
    await world.repository.outsideCommit("rfc.md", before);
    const back = await says(world, thread, idOf(card!), "Pending");
    expect(buttonsOf(back)).toContain("Accept");
  });

  it("is done when a push has applied it, and names the commit", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const before = await rfc(world);
    const sha = await world.repository.outsideCommit(
      "rfc.md",
      before.replace("one minute", "one hour"),
    );
    const after = await says(world, thread, idOf(card!), "The document reads so already.");
    expect(buttonsOf(after)).toEqual([]);
    expect(after.text).toContain(`commit ${sha.slice(0, 10)}`);
  });

  it("follows what is decided in the console", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const { engine } = world.app;
    const [first, second] = await propose(world, thread, HOUR, ["- second item", "- third item"]);
    const someone = await engine.people.localMaintainer();
    await engine.changes.accept(await changeId(world, 1), someone);
    await engine.changes.decline(await changeId(world, 2), "Two is enough.", someone);
    const by = `Accepted by ${someone.displayName}.`;
    const accepted = await says(world, thread, idOf(first!), by);
    const declined = await says(world, thread, idOf(second!), "Two is enough.");
    expect(buttonsOf(accepted)).toEqual([]);
    expect(buttonsOf(declined)).toEqual([]);
  });

  it("has no buttons when its thread is unlinked", async () => {
    await using world = await start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    await toldNext(world, world.ada, () => ask(world, world.ada, thread, "unlink"));
    await until(async () => buttonsOf(seenAt(world, thread, idOf(card!))).length === 0);
    await until(async () => world.replies(thread).at(-1)?.includes("ada ended the discussion"));
  });
}

/** Cards that cannot be committed for now. */
function refusedCards<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(kit: ChatKit<World, Thread, User, Shown>, look: CardLook<World, Thread, Shown>): void {
  const { start, decidedByBob, propose, seenAt, says, idOf, buttonsOf, press, toldNext } = kit;

  it("says why a commit failed, and can be accepted again", async () => {
    const { config } = readConfig({});
    const host = createGitHost(config, memoryLogger([]));
    let mayCommit = false;
    const commit: DocumentHost["commit"] = async (request) => {
      if (mayCommit) return host.commit(request);
      throw new UserError("forbidden", "The branch is protected; ask its owner.");
    };
    const careful = new Proxy(host, {
      get(target, name) {
        if (name === "commit") return commit;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    await using world = await start({ overrides: { hosts: [careful] } });
    const { bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    await press(world, bob, thread, card!, "Accept");
    const failed = await says(world, thread, idOf(card!), "not committed");
    expect(failed.text).toContain(look.notCommitted);
    expect(failed.text.match(/not committed/g)).toHaveLength(1);
    expect(buttonsOf(failed)).toEqual(["Accept", "Decline", "Edit", "Raise a concern", "Open"]);
    mayCommit = true;
    await press(world, bob, thread, card!, "Accept");
    const after = await says(world, thread, idOf(card!), "Accepted by bob");
    expect(after.text).not.toContain("not committed");
  });

  it("tells who accepts it that the working tree has edits", async () => {
    await using world = await start();
    const { bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    await world.repository.write("rfc.md", `${await rfc(world)}\nNot committed.\n`);
    const told = await toldNext(world, bob, () => press(world, bob, thread, card!, "Accept"));
    expect(told).toContain("commit or stash them, and accept again");
    expect(buttonsOf(seenAt(world, thread, idOf(card!)))).toContain("Accept");
  });
}

function longLists<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User,
  Shown extends { text: string },
>(kit: ChatKit<World, Thread, User, Shown>, look: CardLook<World, Thread, Shown>): void {
  const { start, decidedByBob, propose, cardsIn, says, idOf, buttonsOf, press, opened } = kit;
  const numbers = Array.from({ length: 7 }, (_, at) => at + 1);
  const document = `# The RFC\n\n${numbers.map((n) => `Rule ${n} is old.`).join("\n\n")}\n`;
  const edits = numbers.map(
    (n) => [`Rule ${n} is old.`, `Rule ${n} is new.`, `Reason ${n}`] as const,
  );

  it("are a list that is paged, with decisions in it", async () => {
    await using world = await start({ document });
    const { ada, bob } = world;
    const thread = await decidedByBob(world);
    const [list] = await propose(world, thread, ...edits);
    const id = idOf(list!);
    expect(cardsIn(world, thread)).toHaveLength(1);
    for (const [part, lines] of Object.entries(look.list)) {
      for (const line of lines ?? []) expect(list![part as keyof Shown]).toContain(line);
    }
    expect(list!.text).not.toContain("Reason 6");
    expect(buttonsOf(list!).filter((button) => button === "Accept")).toHaveLength(5);
    await press(world, bob, thread, list!, "Accept", 1);
    await says(world, thread, id, "Accepted by bob");
    expect(await rfc(world)).toContain("Rule 2 is new.");

    await press(world, bob, thread, list!, "Next →");
    const second = await says(world, thread, id, "page 2 of 2");
    expect(second.text).toContain("Reason 7");
    expect(second.text).not.toContain("Reason 5");
    // Whoever reads may turn a page; to decide is another thing.
    await press(world, ada, thread, list!, "← Previous");
    await says(world, thread, id, "page 1 of 2");

    const form = await opened(world, bob, thread, list!, "Decline", 0);
    await form.submit({ reason: "Rule 1 stays." });
    await says(world, thread, id, "Declined by bob: Rule 1 stays.");
    expect(cardsIn(world, thread)).toHaveLength(1);
  });
}
