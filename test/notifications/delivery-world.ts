import { NotificationDelivery } from "../../src/notifications/delivering.ts";
import type { NotificationKind } from "../../src/notifications/notification.ts";
import { consoleLinks } from "../../src/reviews/links.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { insertRemark } from "../../src/store/messages.ts";
import { insertNotifications } from "../../src/store/notifications.ts";
import { ensureUser } from "../../src/store/people.ts";
import type { LinkReach } from "../../src/store/thread-links.ts";
import { FakeChatPlatform } from "../fakes/fake-chat-platform.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { LogLine } from "../support/test-app.ts";
import { memoryLogger } from "../support/test-app.ts";

/** How far a lease reaches; longer than any test takes a machine. */
const LEASE_MS = 60_000;
const CONSOLE = "https://redline.example";

type Platform = "slack" | "discord";

/** People with accounts in chat, threads, and what happens in them; sweeps are run by the test. */
export class DeliveryWorld implements AsyncDisposable {
  readonly sql: Sql;
  readonly slack = new FakeChatPlatform({ name: "slack" });
  readonly discord = new FakeChatPlatform({ name: "discord" });
  readonly log: LogLine[] = [];
  readonly #database: TestDatabase;
  #counter = 0;

  private constructor(database: TestDatabase) {
    this.#database = database;
    this.sql = connect(database.url, { max: 6 });
  }

  static async start(): Promise<DeliveryWorld> {
    return new DeliveryWorld(await createTestDatabase());
  }

  delivery(more: { leaseMs?: number; directRestMs?: number } = {}): NotificationDelivery {
    return new NotificationDelivery({
      sql: this.sql,
      logger: memoryLogger(this.log),
      platforms: new Map([
        ["slack", this.slack],
        ["discord", this.discord],
      ]),
      links: consoleLinks(() => CONSOLE),
      publicUrl: () => CONSOLE,
      leaseMs: LEASE_MS,
      ...more,
    });
  }

  /** Somebody, heard of by each of these accounts such as `slack/T1/UANN`, the last one last. */
  async person(name: string, ...accounts: string[]): Promise<string> {
    let userId: string | null = null;
    for (const account of accounts) {
      const [platform = "", workspaceId = "", platformUserId = ""] = account.split("/");
      const identity = { platform, workspaceId, platformUserId };
      const user = await ensureUser(this.sql, identity, { displayName: name, email: null });
      userId ??= user.id;
      await this.sql`
        update identities set user_id = ${userId}, seen_at = clock_timestamp()
        where platform = ${platform} and workspace_id = ${workspaceId}
          and platform_user_id = ${platformUserId}`;
    }
    if (userId !== null) return userId;
    const [row] = await this.sql<{ id: string }[]>`
      insert into users (display_name) values (${name}) returning id`;
    return row!.id;
  }

  async rfc(title = "The RFC"): Promise<string> {
    const slug = `rfc-${(this.#counter += 1)}`;
    await this.sql`insert into document_blobs (sha, body) values ('sha', 'text') on conflict do nothing`;
    await this.sql`
      insert into rfcs (slug, title, repository, path, default_branch)
      values (${slug}, ${title}, 'acme/rfcs', ${slug}, 'main')`;
    await this.sql`
      insert into branches (rfc_slug, branch_name, head_sha, blob_sha)
      values (${slug}, 'main', 'head', 'sha')`;
    return slug;
  }

  async thread(rfcSlug: string, title: string | null = null): Promise<string> {
    const [row] = await this.sql<{ id: string }[]>`
      insert into threads (rfc_slug, branch_name, thread_kind, title)
      values (${rfcSlug}, 'main', 'discussion', ${title}) returning id`;
    return row!.id;
  }

  /** Holds the thread in a place such as `slack/T1`; answers with the link. */
  async hold(threadId: string, where: string, reach: LinkReach = "workspace"): Promise<string> {
    const [platform, workspaceId] = where.split("/") as [Platform, string];
    const place = `C1/${(this.#counter += 1)}`;
    const url = `https://${platform}.example/${workspaceId}/${place}`;
    const [link] = await this.sql<{ id: string }[]>`
      insert into thread_links (thread_id, platform, workspace_id, place, url, reach)
      values (${threadId}, ${platform}, ${workspaceId}, ${place}, ${url}, ${reach}) returning id`;
    return link!.id;
  }

  async says(
    threadId: string,
    userId: string,
    text: string,
    saidIn: string | null = null,
  ): Promise<string> {
    const row = { threadId, authorUserId: userId, text, quote: null, dedupKey: null, saidIn };
    return (await this.sql.begin(async (tx) => insertRemark(tx, row)))!;
  }

  /** Tells somebody of a message, or of something else that happened. */
  async notify(
    userId: string,
    kind: NotificationKind,
    rfcSlug: string,
    about: { threadId?: string; messageId?: string; subject?: string } = {},
  ): Promise<void> {
    const { threadId = null, messageId = null, subject } = about;
    const churn = ["chat_message_in_participated_thread", "merge_settled", "decision_requested"];
    await insertNotifications(this.sql, [
      {
        userId,
        kind,
        category: churn.includes(kind) ? "churn" : "personal-direct",
        subject: subject ?? messageId ?? `s${(this.#counter += 1)}`,
        rfcSlug,
        threadId,
        messageId,
      },
    ]);
  }

  /** What somebody has in private, on both platforms, oldest first. */
  inbox(account: string): string[] {
    const [platform, workspaceId, id] = account.split("/");
    return this[platform as Platform].sentPrivately
      .filter(({ to }) => to.workspaceId === workspaceId && to.id === id)
      .map(({ markdown }) => markdown.replaceAll("\u2060", ""));
  }

  /** Nothing that somebody was told lately keeps the next message back. */
  async afterAWhile(): Promise<void> {
    await this.sql`
      update notification_settings set direct_after = direct_after - interval '3 minutes',
        digest_due_at = digest_due_at - interval '2 days'`;
  }

  async untold(userId: string): Promise<number> {
    const [row] = await this.sql<{ count: number }[]>`
      select count(*)::int as count from notifications where user_id = ${userId} and told_at is null`;
    return row!.count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.end();
    await this.#database.drop();
  }
}
