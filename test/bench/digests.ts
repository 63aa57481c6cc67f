/** What it takes to time and prepare digests for many people, and to find nothing to do afterwards. */
import { startEmbeddedPostgres } from "../../adapters/postgres/embedded-postgres.ts";
import { scratchFolder } from "../../adapters/postgres/shared-temp.ts";
import { NotificationDelivery } from "../../src/notifications/delivering.ts";
import { consoleLinks } from "../../src/reviews/links.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { FakeChatPlatform } from "../fakes/fake-chat-platform.ts";
import { figure, printTable } from "./report.ts";

export const title = "Digests for many people";

const PEOPLE = 10_000;
const RFCS = 20;
const THREADS = 100;
/** Of each person, in threads of a tenth of the RFCs. */
const NOTIFICATIONS = 30;
const SAMPLE_MS = 20;

export async function run(): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir: scratchFolder(), ephemeral: true });
  const sql = connect(server.url());
  try {
    await migrate(sql);
    await fill(sql);
    console.log(`${PEOPLE} people, ${NOTIFICATIONS} notifications each, ${THREADS} threads.`);
    await report(sql);
  } finally {
    await sql.end();
    await server.stop();
  }
}

async function report(sql: Sql): Promise<void> {
  const log = () => {};
  const delivery = new NotificationDelivery({
    sql,
    logger: { debug: log, info: log, warn: log, error: log },
    platforms: new Map([["slack", new FakeChatPlatform()]]),
    links: consoleLinks(() => "https://redline.example"),
    publicUrl: () => "https://redline.example",
    leaseMs: 60_000,
  });
  const sweep = () => delivery.prepareDigests();
  const rows = [await measured("time them all", sweep)];
  rows.push(await measured("look, while none is due", sweep));
  await sql`update notification_settings set digest_due_at = now()`;
  rows.push(await measured("prepare them all", sweep));
  rows.push(await measured("look, when all are prepared", sweep));
  printTable(["what", "seconds", "most memory used, MB more"], rows);
  const [made] = await sql<{ count: number; longest: number; untold: number }[]>`
    select count(*)::int as count, max(length(markdown)) as longest,
      (select count(*)::int from notifications where told_at is null) as untold
    from private_messages where kind = 'digest'`;
  const { count, longest, untold } = made!;
  console.log(`${count} digests, the longest of ${longest} characters; ${untold} left untold.`);
}

async function measured(what: string, work: () => Promise<void>): Promise<string[]> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, SAMPLE_MS);
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1_000;
  clearInterval(sampler);
  return [what, figure(seconds), figure((most - before) / 1e6)];
}

async function fill(sql: Sql): Promise<void> {
  await sql`insert into document_blobs (sha, body) values ('sha', 'text')`;
  await sql`
    insert into rfcs (slug, title, repository, path, default_branch)
    select 'rfc-' || n, 'RFC number ' || n, 'owner/name', n || '.md', 'main'
    from generate_series(0, ${RFCS - 1}::int) n`;
  await sql`
    insert into branches (rfc_slug, branch_name, head_sha, blob_sha)
    select slug, 'main', 'head', 'sha' from rfcs`;
  await sql`
    with made as (
      insert into users (display_name) select 'Person ' || n from generate_series(1, ${PEOPLE}::int) n
      returning id, display_name
    )
    insert into identities (user_id, platform, workspace_id, platform_user_id, time_zone)
    select id, 'slack', 'T1', 'U' || substr(display_name, 8),
      (array['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', null])[1 + substr(display_name, 8)::int % 4]
    from made`;
  await sql`
    insert into threads (rfc_slug, branch_name, thread_kind, title, message_seq)
    select 'rfc-' || n % ${RFCS}, 'main', 'discussion', 'Thread number ' || n, ${NOTIFICATIONS}::int
    from generate_series(0, ${THREADS - 1}::int) n`;
  await sql`
    insert into thread_messages (thread_id, seq, role, author_user_id, text)
    select t.id, n, 'user', (select id from users order by id offset n limit 1), 'A message of some words.'
    from threads t, generate_series(1, ${NOTIFICATIONS}::int) n`;
  await sql`
    insert into thread_links (thread_id, platform, workspace_id, place, url)
    select id, 'slack', 'T1', 'C1/' || id, 'https://slack.example/' || id from threads`;
  await sql`
    insert into notifications (user_id, kind, category, subject, rfc_slug, thread_id, message_id)
    select u.id, 'chat_message_in_participated_thread', 'churn', m.id::text, t.rfc_slug, t.id, m.id
    from (select id, row_number() over () as n from users) u
      join (select *, row_number() over () as n from threads) t on (t.n + u.n) % 10 = 0
      join thread_messages m on m.thread_id = t.id and m.seq <= ${NOTIFICATIONS / (THREADS / 10)}`;
  await sql`analyze`;
}
