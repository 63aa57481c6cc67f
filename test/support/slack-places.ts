/** What must hold in a fake Slack once nothing is under way any more. */
import { expect } from "vitest";
import type { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { Channel } from "../fakes/slack/model.ts";
import { isPlaceholder } from "./chat-places.ts";

/** No open stream, no task under way, no placeholder, no status line. */
export function expectNothingTyping(slack: FakeSlack, channel: Channel, threadTs: string): void {
  const replies = slack.visible(channel, threadTs).filter(({ isBot }) => isBot);
  expect(replies.filter(({ state }) => state === "live")).toEqual([]);
  expect(replies.filter(({ text }) => isPlaceholder(text))).toEqual([]);
  const tasks = replies.flatMap((one) => one.tasks);
  expect(tasks.filter(({ status }) => status !== "complete")).toEqual([]);
  const session = slack.session(channel, threadTs);
  expect(session?.activity ?? "").toBe("");
  expect(session?.status ?? "active").toBe("active");
}
