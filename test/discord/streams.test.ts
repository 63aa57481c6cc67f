/** A long answer in Discord, whose messages are short: all of it is shown once, in whole messages. */
import { expect, it } from "vitest";

import { repliesIn, expectNothingTyping } from "../support/discord-places.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { expectWholeMarkdown, longAnswer, SlowProvider, wordsOf } from "../support/long-answer.ts";
import { until } from "../support/test-app.ts";

const EDIT = "PATCH /channels/{channel_id}/messages/{message_id}";

/** A second of Discord's in milliseconds here. */
const SECOND = 100;
const SECONDS = 60;
const BYTES = 12_000;
const LONGEST = 2_000;

/** Of lines that are shown once: those of fences and of tables' heads come again where one is reopened. */
const linesOf = (text: string): string[] =>
  text.split("\n").filter((line) => wordsOf(line).length > 0);

it("shows 12 KB that take a minute to write", async () => {
  const answer = longAnswer(BYTES);
  const pieces = answer.match(/[\s\S]{1,40}/g)!;
  await using world = await DiscordApp.start({
    pace: SECOND / 1_000,
    overrides: { providers: [new SlowProvider(() => pieces, (SECONDS * SECOND) / pieces.length)] },
  });
  const { ada, discord } = world;
  const thread = await world.link();
  ada.says(thread, `${discord.mention} say much`);
  const last = wordsOf(answer).at(-1)!;
  await until(async () => world.replies(thread).at(-1)?.includes(last), "its end");
  await world.settled();

  const shown = repliesIn(discord, thread).slice(1);
  expect(shown.flatMap(({ text }) => linesOf(text))).toEqual(linesOf(answer));
  for (const { text } of shown) {
    expect(text.length).toBeLessThanOrEqual(LONGEST);
    expectWholeMarkdown(text);
  }
  expect(shown.length).toBeLessThan(BYTES / 1_000);
  expectNothingTyping(discord, thread);

  const requests = discord.requestsOf();
  const edits = requests.filter(({ route }) => route === EDIT);
  // Written while it comes, and within what Discord takes.
  expect(edits.length).toBeGreaterThan(SECONDS / 5);
  expect(requests.filter(({ status }) => status === 429)).toEqual([]);
});

it("shows a word that is longer than a message", async () => {
  const word = `${"abcdefghij".repeat(520)}!`;
  await using world = await DiscordApp.start();
  const { ada, discord, provider } = world;
  provider.script = () => [word.slice(0, 3_000), word.slice(3_000)];
  const thread = await world.link();
  ada.says(thread, `${discord.mention} say it`);
  await until(async () => world.replies(thread).at(-1)?.endsWith("!"), "its end");
  await world.settled();
  const shown = repliesIn(discord, thread).slice(1);
  expect(shown.map(({ text }) => text).join("")).toBe(word);
  for (const { text } of shown) expect(text.length).toBeLessThanOrEqual(LONGEST);
  expectNothingTyping(discord, thread);
});
