/** An RFC with one person for each way of having to do with it; who they are to a thread is set for each. */
import type { ThreadKind } from "../../src/conversation/thread.ts";
import { Conversations } from "../../src/conversation/conversations.ts";
import { Models } from "../../src/conversation/models.ts";
import type { User } from "../../src/engine.ts";
import { ensureBranch } from "../../src/store/branches.ts";
import { insertChange } from "../../src/store/changes.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { ensureUser } from "../../src/store/people.ts";
import { putPullRequest } from "../../src/store/pull-requests.ts";
import { insertRfc } from "../../src/store/rfcs.ts";
import { insertThread } from "../../src/store/threads.ts";
import { mute } from "../../src/store/watches.ts";
import { changeWith } from "../support/change.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { pullWith } from "../support/pull-request.ts";

/** What each is to the thread, beside being of workspace T1 unless it says otherwise. */
export const ROLES = {
  writer: "whose doing it is; wrote before, and watches the RFC",
  author: "wrote before; has an account on GitHub as well",
  unlinked: "wrote before; has an account in chat alone",
  watcher: "watches the RFC",
  threadWatcher: "watches the thread",
  both: "wrote before, and watches the RFC and the thread",
  mutedThread: "the same, but has muted the thread",
  mutedRfc: "the same, but has muted the RFC",
  bot: "the same, but is a program",
  retracted: "deleted all that they wrote",
  stranger: "watches the RFC, and is of workspace T2",
  local: "watches the RFC, and uses the console alone",
  passerby: "has nothing to do with it",
} as const;

export type Role = keyof typeof ROLES;
export const ALL_ROLES = Object.keys(ROLES) as Role[];

/** Where the thread is held. */
export const HOLDINGS = {
  console: "nowhere but in the console",
  open: "in a channel that all of T1 may read",
  closed: "in a channel that not all of T1 may read",
  left: "nowhere any more, and once in a channel of T1",
  private: "in the author's direct messages",
  shared: "in a closed channel, and on the pull request",
} as const;

export type Holding = keyof typeof HOLDINGS;
export const ALL_HOLDINGS = Object.keys(HOLDINGS) as Holding[];

const WRITERS: Role[] = [
  "writer",
  "author",
  "unlinked",
  "both",
  "mutedThread",
  "mutedRfc",
  "bot",
  "retracted",
];
const WATCHERS: Role[] = [
  "writer",
  "watcher",
  "both",
  "mutedThread",
  "mutedRfc",
  "bot",
  "stranger",
  "local",
];

const THREAD_WATCHERS: Role[] = ["threadWatcher", "both", "mutedThread", "mutedRfc", "bot"];

export const VERSION = {
  headSha: "h".repeat(40),
  blobSha: "b".repeat(40),
  body: "Some old words here.\n",
};
export const PULL = 7;

/** Of one thread about an RFC of its own. */
export interface Scene {
  rfcSlug: string;
  branchName: string;
  threadId: string;
}

/** A row, with the role of who was told, and what it is about by name. */
export interface Told {
  role: Role;
  kind: string;
  category: string;
}

export class PeopleWorld implements AsyncDisposable {
  readonly sql: Sql;
  readonly people: Record<Role, User>;
  readonly conversations: Conversations;
  private readonly database: TestDatabase;
  private scenes = 0;

  private constructor(database: TestDatabase, sql: Sql, people: Record<Role, User>) {
    this.database = database;
    this.sql = sql;
    this.people = people;
    this.conversations = new Conversations({
      sql,
      relay: { publish() {}, subscribe: async () => () => {} },
      jobs: { wakeThread() {}, wakeDispatcher() {}, wakeEvents() {} },
      models: new Models([], null),
      ensureBranch: async () => {},
      allowedIn: () => Promise.resolve(null),
      currentDocument: () => Promise.reject(new Error("no document is asked for")),
    });
  }

  static async start(): Promise<PeopleWorld> {
    const database = await createTestDatabase();
    const sql = connect(database.url, { max: 8 });
    const people = {} as Record<Role, User>;
    for (const role of ALL_ROLES) people[role] = await newPerson(sql, role);
    await sql`update users set is_bot = true where id = ${people.bot.id}`;
    return new PeopleWorld(database, sql, people);
  }

  /** A new RFC with an open pull request and a thread, and everybody in their role. */
  async scene(kind: ThreadKind, holding: Holding): Promise<Scene> {
    const rfcSlug = `rfc-${(this.scenes += 1)}`;
    const at = { rfcSlug, branchName: "main" };
    const rfc = { slug: rfcSlug, title: "The RFC", repository: "acme/rfcs", path: `${rfcSlug}.md` };
    await insertRfc(this.sql, { ...rfc, defaultBranch: "main" });
    await ensureBranch(this.sql, rfcSlug, "main", VERSION);
    await this.sql.begin((tx) => putPullRequest(tx, at, pullWith({ number: PULL }), null));
    const hasAnchor = kind === "range" || kind === "paragraph";
    const { placement } = changeWith();
    const anchor = hasAnchor ? { placement, blobSha: VERSION.blobSha } : null;
    const createdBy = this.people.author.id;
    const thread = await insertThread(this.sql, {
      ...at,
      kind,
      title: "Retries",
      anchor,
      createdBy,
    });
    const scene = { ...at, threadId: thread.id };
    await this.hold(scene, holding);
    await this.sql`
      insert into thread_messages (thread_id, seq, role, author_user_id, text, deleted_at)
      select ${thread.id}, n, 'user', u, 'A word.',
        case when u = ${this.people.retracted.id} then now() end
      from unnest(${this.idsOf(WRITERS)}::uuid[]) with ordinality as w(u, n)`;
    await this.sql`
      update threads set message_seq = ${WRITERS.length} where id = ${thread.id}`;
    await this.watch(scene);
    return scene;
  }

  private async hold({ threadId }: Scene, holding: Holding): Promise<void> {
    if (holding === "console") return;
    const at = { platform: "slack", workspace_id: "T1", place: `C1/${threadId}` };
    const reach = holding === "closed" || holding === "shared" ? "channel" : "workspace";
    const privateTo = holding === "private" ? this.people.author.id : null;
    await this.sql`
      insert into thread_links (thread_id, platform, workspace_id, place, reach, private_to, ended_at)
      values (${threadId}, ${at.platform}, ${at.workspace_id}, ${at.place}, ${reach}, ${privateTo},
        ${holding === "left" ? new Date() : null})`;
    if (holding !== "shared") return;
    await this.sql`
      insert into thread_links (thread_id, platform, place)
      values (${threadId}, 'github', ${`acme/${threadId}#${PULL}`})`;
  }

  private async watch({ rfcSlug, threadId }: Scene): Promise<void> {
    const { sql, people } = this;
    await sql`
      insert into watches (user_id, rfc_slug)
      select u, ${rfcSlug} from unnest(${this.idsOf(WATCHERS)}::uuid[]) u`;
    await sql`
      insert into thread_watches (user_id, thread_id)
      select u, ${threadId} from unnest(${this.idsOf(THREAD_WATCHERS)}::uuid[]) u`;
    await mute(sql, people.mutedThread.id, { rfcSlug, threadId });
    await mute(sql, people.mutedRfc.id, { rfcSlug });
  }

  private idsOf(roles: readonly Role[]): string[] {
    return roles.map((role) => this.people[role].id);
  }

  /** A pending change of that person's: by hand, or in the model's answer to them, after a retry or not. */
  async change(
    { threadId }: Scene,
    owner: Role,
    from: "hand" | "answer" | "retry",
  ): Promise<string> {
    const row = { ...changeWith(), threadId, baseBlobSha: VERSION.blobSha };
    const userId = this.people[owner].id;
    if (from === "hand") {
      return this.sql.begin((tx) =>
        insertChange(tx, row, { kind: "manual", authorUserId: userId }),
      );
    }
    const turnId = await this.answered(threadId, userId, from === "retry");
    const [answer] = await this.sql<{ id: string }[]>`
      with t as (
        update threads set message_seq = message_seq + 1 where id = ${threadId} returning message_seq
      )
      insert into thread_messages (thread_id, seq, role, model_id, text, turn_id)
      select ${threadId}, message_seq, 'assistant', 'model', 'An answer.', ${turnId} from t returning id`;
    const source = { kind: "ai" as const, turnId, messageId: answer!.id };
    return this.sql.begin((tx) => insertChange(tx, row, source));
  }

  private async answered(threadId: string, userId: string, isAgain: boolean): Promise<string> {
    const [turn] = await this.sql<{ id: string }[]>`
      with t as (
        update threads set message_seq = message_seq + 1 where id = ${threadId} returning message_seq
      ), u as (
        insert into turns (thread_id, state, started_at, finished_at)
        values (${threadId}, 'cancelled', now(), now()) returning id
      ), m as (
        insert into thread_messages (thread_id, seq, role, author_user_id, text, turn_id)
        select ${threadId}, message_seq, 'user', ${userId}, 'Please.', u.id from t, u
      )
      select id from u`;
    if (!isAgain) return turn!.id;
    const [again] = await this.sql<{ id: string }[]>`
      insert into turns (thread_id, state, started_at, finished_at, retry_of)
      values (${threadId}, 'done', now(), now(), ${turn!.id}) returning id`;
    return again!.id;
  }

  /** Everything that was told about the RFC, in the order of the roles. */
  async told({ rfcSlug }: Scene): Promise<Told[]> {
    const rows = await this.sql<{ userId: string; kind: string; category: string }[]>`
      select user_id, kind, category from notifications where rfc_slug = ${rfcSlug} order by kind`;
    return rows
      .map(({ userId, kind, category }) => ({ role: this.roleOf(userId), kind, category }))
      .toSorted((a, b) => ALL_ROLES.indexOf(a.role) - ALL_ROLES.indexOf(b.role));
  }

  private roleOf(userId: string): Role {
    return ALL_ROLES.find((role) => this.people[role].id === userId)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.end();
    await this.database.drop();
  }
}

async function newPerson(sql: Sql, role: Role): Promise<User> {
  const seen = { displayName: role, email: null };
  const at = { platform: "slack", workspaceId: role === "stranger" ? "T2" : "T1" };
  const identity =
    role === "local"
      ? { platform: "console", workspaceId: "", platformUserId: "local" }
      : { ...at, platformUserId: role };
  const user = await ensureUser(sql, identity, seen);
  if (role === "author" || role === "writer") {
    await sql`
      insert into identities (user_id, platform, platform_user_id)
      values (${user.id}, 'github', ${role})`;
  }
  return user;
}
