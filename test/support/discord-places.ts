/** What Redline shows in a fake Discord, and what must hold there once nothing is under way any more. */
import { expect } from "vitest";

import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { Channel } from "../fakes/discord/model.ts";
import type { Seen } from "../fakes/discord/show.ts";
import { isPlaceholder } from "./chat-places.ts";

/** Messages of bots in a thread. */
export function repliesIn(discord: FakeDiscord, thread: Channel): Seen[] {
  return discord.visible(thread).filter(({ isBot }) => isBot);
}

/** What they say after the greeting. */
export function textsIn(discord: FakeDiscord, thread: Channel): string[] {
  return repliesIn(discord, thread)
    .slice(1)
    .map(({ text }) => text.trim());
}

/** Nobody types or is thinking, and no message is a placeholder. */
export function expectNothingTyping(discord: FakeDiscord, thread: Channel): void {
  const texts = repliesIn(discord, thread).map(({ text }) => text.trim());
  expect(texts.filter(isPlaceholder)).toEqual([]);
  expect(discord.typing(thread)).toEqual([]);
  expect(discord.thinking()).toEqual([]);
}
