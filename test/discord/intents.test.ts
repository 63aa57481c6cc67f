import { describe, expect, it } from "vitest";

import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { runRedline } from "../support/command-line.ts";
import { createTestDatabase } from "../support/database.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import {
  ask,
  cardsIn,
  errorsOf,
  makeMaintainer,
  press,
  propose,
  says,
  toldAlone,
  toldNext,
} from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;
const CAVEAT =
  "I only see messages here that mention me, as this bot is not shown the others (its Message Content intent is off).";

/** Runs the command line against a Discord of its own; answers with how it ended. */
async function start(
  prepare: (discord: FakeDiscord) => Record<string, string>,
): Promise<{ code: number | null; errors: string[] }> {
  const discord = await FakeDiscord.start();
  const database = await createTestDatabase();
  try {
    discord.addGuild("Acme");
    const environment = {
      DATABASE_URL: database.url,
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      ...prepare(discord),
    };
    const { code, errors } = await runRedline(["start"], environment);
    return { code, errors: errors.filter((line) => !line.startsWith("{")) };
  } finally {
    await discord.close();
    await database.drop();
  }
}

describe("a start that Discord refuses", () => {
  it("for its token ends with one line and code 1", async () => {
    const { code, errors } = await start(() => ({ DISCORD_TOKEN: "not.a.token" }));
    expect(code).toBe(1);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/DISCORD_TOKEN/);
    expect(errors[0]).not.toContain("not.a.token");
  });

  it("for its intents ends with one line that names the switch, and code 1", async () => {
    const { code, errors } = await start((discord) => {
      discord.app.privileged.clear();
      return {};
    });
    expect(code).toBe(1);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/Message Content.*DISCORD_MESSAGE_CONTENT=off/);
  });
});

describe("without the text of messages", () => {
  const options = {
    prepare: ({ discord }: { discord: FakeDiscord }): void => discord.app.privileged.clear(),
    environment: { DISCORD_MESSAGE_CONTENT: "off" },
  };

  it("works with mentions, commands and menus, and says what it does not see", async () => {
    await using world = await DiscordApp.start(options);
    const { ada, bob } = world;
    const thread = await world.link();
    expect(world.replies(thread)[0]).toContain(CAVEAT);
    const told = () => toldAlone(world, bob).filter((text) => text.includes(CAVEAT)).length;
    for (const [at, words] of ["help", "status"].entries()) {
      ask(world, bob, thread, words);
      await until(async () => told() === 2 * at + 1, `the answer to ${words}`);
      await bob.runs(thread, `/rfc ${words}`);
      await until(async () => told() === 2 * at + 2, `the answer to /rfc ${words}`);
    }
    await makeMaintainer(world, thread);
    const [card] = await propose(world, thread, HOUR);
    await press(world, bob, thread, card!, "Accept");
    await says(world, thread, card!.id, "Accepted by bob");

    // What is said between people is not shown to it, and not kept as if it were empty.
    bob.says(thread, "just between us");
    const quoted = ada.says(thread, "The delivery carries no header.");
    world.provider.script = () => ["It does."];
    await bob.usesOn(quoted, "Discuss in RFC");
    await until(async () => world.replies(thread).includes("It does."));
    const asked = JSON.stringify(world.provider.requests.at(-1)!.messages);
    expect(asked).toContain("The delivery carries no header.");
    expect(asked).not.toContain("between us");
    const rows = await world.app.sql`
      select 1 from thread_messages where role = 'user' and text = ''`;
    expect(rows).toEqual([]);

    await ada.usesOn(quoted, "Propose edit");
    const form = await until(async () => ada.modal, "the form");
    const answer = await toldNext(world, ada, () =>
      ada.submits(form, { original: "- second item", proposed: "- third item" }),
    );
    expect(answer).toContain("You proposed change #2");
    await until(async () => cardsIn(world, thread).length === 2, "the card");
    expect(errorsOf(world)).toEqual([]);
  });

  it("sees a reply that pings it, and what it answers", async () => {
    await using world = await DiscordApp.start(options);
    const { bob, discord } = world;
    const thread = await world.link();
    world.provider.script = (_request, index) => [`Answer ${index + 1}.`];
    ask(world, bob, thread, "is a minute enough?");
    await until(async () => world.replies(thread).includes("Answer 1."));
    await world.settled();
    const answer = world.visible(thread).find(({ text }) => text === "Answer 1.")!;
    bob.says(thread, "why is that?", { repliesTo: discord.message(thread, answer.id) });
    await until(async () => world.replies(thread).includes("Answer 2."));
    const [row] = await world.app.sql<{ text: string; quote: string }[]>`
      select text, quote from thread_messages where quote is not null`;
    expect(row).toEqual({ text: "why is that?", quote: "Answer 1." });
  });
});
