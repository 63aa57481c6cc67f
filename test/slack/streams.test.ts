/** A long answer in Slack's streams, which end by themselves: all of it is shown once, in whole messages. */
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import type { ModelEvent, ModelRequest } from "../../src/ports.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { Seen } from "../fakes/slack/show.ts";
import { SlackApp } from "../support/slack-app.ts";
import { expectNothingTyping } from "../support/slack-places.ts";
import { until } from "../support/test-app.ts";

/** A second of Slack's in milliseconds here: 60 s of writing, with streams that end after 20 s. */
const SECOND = 50;
const STREAM_SECONDS = 20;
/** As far before its end as in earnest: 240 s of 300 s. */
const ROLLOVER_MS = STREAM_SECONDS * SECOND * 0.8;
const BYTES = 20_000;

/** Prose, lists, tables and code in turn; every line has a word of its own. */
function longAnswer(): string {
  const parts: string[] = [];
  let line = 0;
  const word = (): string => `word${(line += 1)}x`;
  const rows = (count: number, row: () => string): string =>
    Array.from({ length: count }, row).join("\n");
  while (parts.join("\n\n").length < BYTES) {
    parts.push(
      rows(4, () => `Some **bold** prose with ${word()} in it, and a little more to say.`),
      rows(12, () => `- item ${word()} of the list`),
      `| name | meaning |\n| --- | --- |\n${rows(14, () => `| ${word()} | what it means |`)}`,
      `\`\`\`ts\n${rows(16, () => `const ${word()} = "a line of code";`)}\n\`\`\``,
    );
  }
  return parts.join("\n\n");
}

/** Writes its pieces at the pace of a model. */
class SlowProvider extends ScriptedProvider {
  readonly #pauseMs: number;

  constructor(script: () => string[], pauseMs: number) {
    super(script);
    this.#pauseMs = pauseMs;
  }

  override async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent> {
    for await (const event of super.stream(request, signal)) {
      await delay(this.#pauseMs, null, { signal });
      yield event;
    }
  }
}

const wordsOf = (text: string): string[] => text.match(/word\d+x/g) ?? [];

/** Fences come in pairs, and each table has its head. */
function expectWholeMarkdown({ text }: Seen): void {
  const lines = text.split("\n");
  const fences = lines.filter((line) => line.startsWith("```"));
  expect(fences.length % 2).toBe(0);
  expect(fences.filter((_, at) => at % 2 === 0)).toEqual(
    fences.filter((_, at) => at % 2 === 0).map(() => "```ts"),
  );
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith("|") || lines[at - 1]?.startsWith("|")) continue;
    expect(lines.slice(at, at + 2)).toEqual(["| name | meaning |", "| --- | --- |"]);
  }
}

it("shows 20 KB that take three times as long as a stream lives", async () => {
  const answer = longAnswer();
  const pieces = answer.match(/[\s\S]{1,40}/g)!;
  await using world = await SlackApp.start({
    slack: {
      rates: { window: 60 * SECOND, postInterval: SECOND },
      sizes: { streamLifetime: STREAM_SECONDS * SECOND },
    },
    pace: SECOND / 1_000,
    overrides: {
      slackStreamMs: ROLLOVER_MS,
      providers: [new SlowProvider(() => pieces, (60 * SECOND) / pieces.length)],
    },
  });
  const { ada, channel, team, slack } = world;
  const thread = await world.link();
  ada.says(channel, `${team.mention} say much`, { threadTs: thread });
  await until(
    async () => world.replies(thread).at(-1)?.includes(wordsOf(answer).at(-1)!),
    "its end",
  );
  await world.settled();

  const shown = world.visible(thread).slice(2);
  expect(shown.flatMap(({ text }) => wordsOf(text))).toEqual(wordsOf(answer));
  for (const message of shown) expectWholeMarkdown(message);
  expectNothingTyping(slack, channel, thread);
  expect(slack.callsOf("chat.startStream").length).toBeGreaterThan(2);
});
