import type { Change } from "../../src/changes/change.ts";
import { ensureBranch } from "../../src/store/branches.ts";
import { findChange, insertChange } from "../../src/store/changes.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import type { Look, LookKey } from "../../src/store/looks.ts";
import { claimLook, watchBranch } from "../../src/store/looks.ts";
import { ensureUser } from "../../src/store/people.ts";
import type { CachedPullRequest } from "../../src/store/pull-requests.ts";
import { listPullRequests, putPullRequest } from "../../src/store/pull-requests.ts";
import { insertRfc } from "../../src/store/rfcs.ts";
import { insertThread } from "../../src/store/threads.ts";
import type { PullRequest } from "../../src/ports.ts";
import { changeWith } from "./change.ts";
import type { TestDatabase } from "./database.ts";
import { createTestDatabase } from "./database.ts";
import { pullWith } from "./pull-request.ts";

export const VERSION = {
  headSha: "h".repeat(40),
  blobSha: "b".repeat(40),
  body: "Some old words here.\n",
};

/** A database in which branches are talked about. */
export class ReviewWorld implements AsyncDisposable {
  readonly sql: Sql;
  readonly userId: string;
  private readonly database: TestDatabase;
  private rfcs = 0;

  private constructor(database: TestDatabase, sql: Sql, userId: string) {
    this.database = database;
    this.sql = sql;
    this.userId = userId;
  }

  static async start(): Promise<ReviewWorld> {
    const database = await createTestDatabase();
    const sql = connect(database.url, { max: 12 });
    const identity = { platform: "test", workspaceId: "", platformUserId: "ada" };
    const user = await ensureUser(sql, identity, { displayName: "Ada", email: null });
    return new ReviewWorld(database, sql, user.id);
  }

  get url(): string {
    return this.database.url;
  }

  /** A new RFC on a branch whose pull requests are looked at. */
  async branch(
    at: { repository?: string; branchName?: string; isWatched?: boolean } = {},
  ): Promise<LookKey> {
    const { repository = "acme/rfcs", branchName = "feature", isWatched = true } = at;
    const rfcSlug = `rfc-${(this.rfcs += 1)}`;
    const rfc = { slug: rfcSlug, title: "The RFC", repository, path: `${rfcSlug}.md` };
    await insertRfc(this.sql, { ...rfc, defaultBranch: branchName });
    await ensureBranch(this.sql, rfcSlug, branchName, VERSION);
    const key = { rfcSlug, branchName };
    if (isWatched) await watchBranch(this.sql, key);
    return key;
  }

  async pull(key: LookKey, more: Partial<PullRequest> = {}): Promise<CachedPullRequest> {
    const pull = pullWith({ headBranch: key.branchName, ...more });
    await this.sql.begin((tx) => putPullRequest(tx, key, pull, null));
    const all = await listPullRequests(this.sql, key.rfcSlug, key.branchName);
    return all.find(({ number }) => number === pull.number)!;
  }

  async thread(key: LookKey): Promise<string> {
    const more = { kind: "discussion" as const, title: null, anchor: null, createdBy: this.userId };
    return (await insertThread(this.sql, { ...key, ...more })).id;
  }

  /** A pending change by hand. */
  async change(threadId: string): Promise<Change> {
    const row = { ...changeWith(), threadId, baseBlobSha: VERSION.blobSha };
    const source = { kind: "manual" as const, authorUserId: this.userId };
    const id = await this.sql.begin((tx) => insertChange(tx, row, source));
    return (await findChange(this.sql, id))!;
  }

  /** Seconds until the branch's next look, as the database has it; negative when it is due. */
  async dueIn({ rfcSlug, branchName }: LookKey): Promise<number> {
    const [row] = await this.sql<{ seconds: number }[]>`
      select extract(epoch from due_at - now())::float8 as seconds from pull_request_looks
      where rfc_slug = ${rfcSlug} and branch_name = ${branchName}`;
    return row!.seconds;
  }

  async claim(key: LookKey, leaseMs = 60_000, owner = "worker"): Promise<Look> {
    const look = await claimLook(this.sql, key, owner, leaseMs);
    if (!look) throw new Error("the look is not to be had");
    return look;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.end();
    await this.database.drop();
  }
}
