/** What must hold in a fake Slack once nothing is under way any more. */
import { expect } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import type { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { Channel } from "../fakes/slack/model.ts";

/** Whether events, turns or places wait or are under way. */
export async function placesBusy(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ busy: boolean }[]>`
    select exists (select 1 from inbox where state = 'waiting')
      or exists (select 1 from place_looks
        where due_at <= now() + interval '1 minute' or lease_until is not null)
      or exists (select 1 from turns where state in ('queued', 'running')) as busy`;
  return row!.busy;
}

/** Lets everybody ask as if they had not asked lately. */
export async function restAskers(sql: Sql): Promise<void> {
  await sql`update thread_messages set created_at = created_at - interval '1 hour'`;
  await sql`update command_counts set since = since - interval '1 hour'`;
}

/** No open stream, no task under way, no placeholder, no status line. */
export function expectNothingTyping(slack: FakeSlack, channel: Channel, threadTs: string): void {
  const replies = slack.visible(channel, threadTs).filter(({ isBot }) => isBot);
  expect(replies.filter(({ state }) => state === "live")).toEqual([]);
  expect(replies.filter(({ text }) => /^[….]*$/u.test(text.trim()))).toEqual([]);
  const tasks = replies.flatMap((one) => one.tasks);
  expect(tasks.filter(({ status }) => status !== "complete")).toEqual([]);
  const session = slack.session(channel, threadTs);
  expect(session?.activity ?? "").toBe("");
  expect(session?.status ?? "active").toBe("active");
}
