/** What it takes to store a message in a thread of an RFC with many watchers, each of whom is told of it. */
import { startEmbeddedPostgres } from "../../adapters/postgres/embedded-postgres.ts";
import { scratchFolder } from "../../adapters/postgres/shared-temp.ts";
import { Conversations } from "../../src/conversation/conversations.ts";
import { Models } from "../../src/conversation/models.ts";
import type { User } from "../../src/engine.ts";
import { ensureBranch } from "../../src/store/branches.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { ensureUser } from "../../src/store/people.ts";
import { insertRfc } from "../../src/store/rfcs.ts";
import { insertThread } from "../../src/store/threads.ts";
import { figure, median, printTable, quantile } from "./report.ts";

export const title = "Storing a message, by watchers of its RFC";

const WATCHERS = [0, 100, 1_000];
const MESSAGES = 300;
/** Statements are planned, and the cache is filled, before anything is timed. */
const WARM_UP = 20;

export async function run(): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir: scratchFolder(), ephemeral: true });
  const sql = connect(server.url());
  try {
    await migrate(sql);
    const rows: string[][] = [];
    for (const watchers of WATCHERS) rows.push(...(await measured(sql, watchers)));
    printTable(["message", "p50 ms", "p99 ms", "slowest ms", "told"], rows);
  } finally {
    await sql.end();
    await server.stop();
  }
}

async function measured(sql: Sql, watchers: number): Promise<string[][]> {
  const writers = await fill(sql, watchers);
  const rows: string[][] = [];
  for (const way of ["post", "record"] as const) {
    const threadId = await newThread(sql, watchers, writers[0]!);
    const times: number[] = [];
    for (let at = 0; at < WARM_UP + MESSAGES; at += 1) {
      const by = writers[at % writers.length]!;
      const start = performance.now();
      await conversations(sql)[way](threadId, { text: `Message ${at}.` }, by);
      if (at >= WARM_UP) times.push(performance.now() - start);
    }
    const [told] = await sql<{ count: number }[]>`
      select count(*)::int as count from notifications where thread_id = ${threadId}`;
    const name = `${watchers} watchers, ${way === "post" ? "asks the model" : "among people"}`;
    const figures = [median(times), quantile(times, 0.99), Math.max(...times)].map(figure);
    rows.push([name, ...figures, String(told!.count)]);
  }
  return rows;
}

function conversations(sql: Sql): Conversations {
  return new Conversations({
    sql,
    relay: { publish() {}, subscribe: async () => () => {} },
    jobs: { wakeThread() {}, wakeDispatcher() {}, wakeEvents() {} },
    models: new Models([], null),
    ensureBranch: async () => {},
    allowedIn: () => Promise.resolve(null),
    currentDocument: () => Promise.reject(new Error("no document is asked for")),
  });
}

/** An RFC with so many watchers, who are of the workspace where its threads are held; and who writes. */
async function fill(sql: Sql, watchers: number): Promise<User[]> {
  const slug = slugOf(watchers);
  const rfc = { slug, title: slug, repository: "acme/rfcs", path: `${slug}.md` };
  await insertRfc(sql, { ...rfc, defaultBranch: "main" });
  const version = { headSha: "h".repeat(40), blobSha: "b".repeat(40), body: "Words.\n" };
  await ensureBranch(sql, slug, "main", version);
  await sql`
    with u as (
      insert into users (display_name) select 'Watcher ' || n from generate_series(1, ${watchers}::int) n
      returning id
    ), i as (
      insert into identities (user_id, platform, workspace_id, platform_user_id)
      select id, 'slack', 'T1', id::text from u
    )
    insert into watches (user_id, rfc_slug) select id, ${slug} from u`;
  await sql`analyze`;
  return Promise.all(
    ["Ada", "Bob", "Cy"].map((displayName) => {
      const identity = { platform: "slack", workspaceId: "T1", platformUserId: displayName };
      return ensureUser(sql, identity, { displayName, email: null });
    }),
  );
}

async function newThread(sql: Sql, watchers: number, by: User): Promise<string> {
  const at = { rfcSlug: slugOf(watchers), branchName: "main", kind: "discussion" as const };
  const thread = await insertThread(sql, { ...at, title: null, anchor: null, createdBy: by.id });
  await sql`
    insert into thread_links (thread_id, platform, workspace_id, place)
    values (${thread.id}, 'slack', 'T1', ${`C1/${thread.id}`})`;
  return thread.id;
}

function slugOf(watchers: number): string {
  return `rfc-${watchers}`;
}
