import { insertLink } from "../../src/store/thread-links.ts";
import { watchPlace } from "../../src/store/place-looks.ts";
import type { FakeChatOptions, ShownMessage } from "../fakes/fake-chat-platform.ts";
import { FakeChatPlatform } from "../fakes/fake-chat-platform.ts";
import type { TestAppOptions } from "../support/test-app.ts";
import { TestApp, until } from "../support/test-app.ts";

/** Redline with a platform in memory, and a thread that is held in a place of it. */
export class ChatWorld implements AsyncDisposable {
  readonly test: TestApp;
  readonly platform: FakeChatPlatform;
  readonly threadId: string;
  readonly place: string;

  private constructor(parts: Pick<ChatWorld, "test" | "platform" | "threadId" | "place">) {
    this.test = parts.test;
    this.platform = parts.platform;
    this.threadId = parts.threadId;
    this.place = parts.place;
  }

  static async start(options: FakeChatOptions = {}, app: TestAppOptions = {}): Promise<ChatWorld> {
    const platform = new FakeChatPlatform(options);
    const overrides = { platforms: [platform], ...app.overrides };
    const test = await TestApp.start({ ...app, overrides });
    const threadId = await test.newThread();
    const place = "C1/1.1";
    await linkThread(test, threadId, place);
    return new ChatWorld({ test, platform, threadId, place });
  }

  /** What is visible in the place. */
  get shown(): ShownMessage[] {
    return this.platform.shownIn(this.place);
  }

  /** The same as text; cards by their number and state. */
  get lines(): string[] {
    return this.shown.map(({ content }) => {
      switch (content.kind) {
        case "text":
        case "remark":
          return content.markdown;
        case "note":
          return `(${content.markdown})`;
        case "card":
          return `#${content.card.number} ${content.card.status}`;
        case "list":
          return content.list.cards.map(({ number }) => `#${number}`).join(" ");
        case "merge":
          return `merge: ${content.merge.status}`;
      }
    });
  }

  /** Waits until nothing is to be done in the place and nothing of it looks unfinished. */
  async settled(): Promise<void> {
    const { sql } = this.test.app;
    await until(async () => {
      const [row] = await sql<{ busy: boolean }[]>`
        select exists (
          select 1 from place_looks where due_at <= now() or lease_until is not null) or exists (
          select 1 from turns where state in ('queued', 'running')) as busy`;
      return !row!.busy;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.test[Symbol.asyncDispose]();
  }
}

async function linkThread({ app }: TestApp, threadId: string, place: string): Promise<string> {
  await insertLink(app.sql, threadId, { platform: "slack", workspaceId: "T1", place });
  const [row] = await app.sql<{ id: string }[]>`select id from thread_links where place = ${place}`;
  await watchPlace(app.sql, row!.id);
  return row!.id;
}
