/** A long answer in Slack's streams, which end by themselves: all of it is shown once, in whole messages. */
import { expect, it } from "vitest";
import { expectWholeMarkdown, longAnswer, SlowProvider, wordsOf } from "../support/long-answer.ts";
import { SlackApp } from "../support/slack-app.ts";
import { expectNothingTyping } from "../support/slack-places.ts";
import { until } from "../support/test-app.ts";

/** A second of Slack's in milliseconds here: 60 s of writing, with streams that end after 20 s. */
const SECOND = 50;
const STREAM_SECONDS = 20;
/** As far before its end as in earnest: 240 s of 300 s. */
const ROLLOVER_MS = STREAM_SECONDS * SECOND * 0.8;
const BYTES = 20_000;

it("shows 20 KB that take three times as long as a stream lives", async () => {
  const answer = longAnswer(BYTES);
  const pieces = answer.match(/[\s\S]{1,40}/g)!;
  const begun = (): Promise<unknown> =>
    until(async () => world.slack.callsOf("chat.startStream").length > 0, "the first stream");
  await using world = await SlackApp.start({
    slack: {
      rates: { window: 60 * SECOND, postInterval: SECOND },
      sizes: { streamLifetime: STREAM_SECONDS * SECOND },
    },
    pace: SECOND / 1_000,
    overrides: {
      slackStreamMs: ROLLOVER_MS,
      providers: [
        new SlowProvider(
          () => pieces,
          (60 * SECOND) / pieces.length,
          () => begun(),
        ),
      ],
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
  for (const { text } of shown) expectWholeMarkdown(text);
  expectNothingTyping(slack, channel, thread);
  expect(slack.callsOf("chat.startStream").length).toBeGreaterThan(2);
});
