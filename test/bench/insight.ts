/**
 * Looking back and over: "why does it read so" in a document of 172 KB with a long history, the history of
 * decisions, the overview, and the search over many documents, messages and changes.
 */
import { createHash } from "node:crypto";
import { startEmbeddedPostgres } from "../../adapters/postgres/embedded-postgres.ts";
import { scratchFolder } from "../../adapters/postgres/shared-temp.ts";
import { buildInsight } from "../../src/rfcs/build-insight.ts";
import { Documents } from "../../src/rfcs/documents.ts";
import type { Insight } from "../../src/rfcs/insight.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { fakePlacement } from "../fakes/fake-records.ts";
import { figure, median, printTable, quantile } from "./report.ts";

export const title = "Why, history, overview and search";

const VERSIONS = 300;
const RFCS = 20;
const MESSAGES = 20_000;
const CHANGES = 3_000;
const RUNS = 30;

export async function run(): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir: scratchFolder(), ephemeral: true });
  const sql = connect(server.url());
  try {
    await migrate(sql);
    const { userId, tip } = await fill(sql);
    const insight = buildInsight(sql, new Documents(sql, []));
    await report(insight, { userId, ...tip });
  } finally {
    await sql.end();
    await server.stop();
  }
}

async function report(
  insight: Insight,
  known: { userId: string; body: string; blobSha: string },
): Promise<void> {
  const why = (at: number) =>
    insight.why("rfc-0", { start: at, end: at + 60, blobSha: known.blobSha });
  const middle = known.body.indexOf("Sentence 1500 ");
  const asked: [string, () => Promise<unknown>, number][] = [
    [`why, for the first time over ${VERSIONS} versions`, () => why(middle), 1],
    ["why, a sentence that was never edited", () => why(middle), RUNS],
    ["why, a sentence that was edited", () => why(known.body.indexOf("Sentence 700 ")), RUNS],
    ["search, for the first time", () => insight.search({ text: "sentence 700" }), 1],
    ["search, a rare word", () => insight.search({ text: "word1234" }), RUNS],
    ["search, a word that is everywhere", () => insight.search({ text: "sentence" }), RUNS],
    ["history, first page", () => insight.history("rfc-0", {}), RUNS],
    ["history, by text", () => insight.history("rfc-0", { text: "word123" }), RUNS],
    ["overview", () => insight.overview({ id: known.userId }), RUNS],
  ];
  console.log(
    `${RFCS} documents of ${Math.round(known.body.length / 1000)} KB, ${MESSAGES} messages, ${CHANGES} changes.`,
  );
  const rows: string[][] = [];
  for (const [name, ask, runs] of asked) {
    const times: number[] = [];
    for (let i = 0; i < runs; i += 1) {
      const start = performance.now();
      await ask();
      times.push(performance.now() - start);
    }
    rows.push([name, figure(median(times)), figure(quantile(times, 0.95))]);
  }
  printTable(["question", "p50 ms", "p95 ms"], rows);
}

const sentence = (n: number): string =>
  `Sentence ${n} says something about word${n} and the rest of it. `;

function versionsOf(count: number): string[] {
  const sentences = Array.from({ length: 3000 }, (_, n) => sentence(n) + (n % 5 ? "" : "\n\n"));
  const heads = sentences.map((text, n) => (n % 60 ? text : `\n\n## Part ${n}\n\n${text}`));
  return Array.from({ length: count }, (_, version) => {
    // Every version edits one sentence, each of a hundred in turn.
    const at = (version % 100) * 7;
    heads[at] = heads[at]!.replace("something", `something new (${version})`);
    return heads.join("");
  });
}

async function fill(sql: Sql): Promise<{ userId: string; tip: { body: string; blobSha: string } }> {
  const [user] = await sql<{ id: string }[]>`
    insert into users (display_name) values ('Ada') returning id`;
  const bodies = versionsOf(VERSIONS);
  const shas = bodies.map((body) => createHash("sha1").update(body).digest("hex"));
  for (const [at, body] of bodies.entries()) {
    await sql`insert into document_blobs (sha, body) values (${shas[at]!}, ${body})`;
  }
  const blobSha = shas.at(-1)!;
  const placement = fakePlacement("", "", "");
  for (let n = 0; n < RFCS; n += 1) {
    const slug = `rfc-${n}`;
    await sql`insert into rfcs (slug, title, repository, path, default_branch)
      values (${slug}, ${slug}, 'owner/name', ${slug}, 'main')`;
    const own = n === 0 ? blobSha : shas[n]!;
    await sql`insert into branches (rfc_slug, branch_name, head_sha, blob_sha)
      values (${slug}, 'main', ${own}, ${own})`;
    await sql`with t as (
        insert into threads (rfc_slug, branch_name, thread_kind, created_by, message_seq)
        values (${slug}, 'main', 'discussion', ${user!.id}, ${MESSAGES / RFCS}) returning id
      ), m as (
        insert into thread_messages (thread_id, seq, role, author_user_id, text, created_at)
        select t.id, n, 'user', ${user!.id}, 'A sentence about word' || (n * 7 % 3000)
          || ' and what was said of it: ' || repeat('more words of a message, ', 20),
          now() - n * interval '1 hour'
        from t, generate_series(1, ${MESSAGES / RFCS}::int) n
      )
      insert into changes (rfc_slug, number, branch_name, thread_id, kind, author_user_id, state,
        original, proposed, reason, certainty, placement, base_blob_sha, commit_sha, created_at, decided_at)
      select ${slug}, n, 'main', t.id, 'manual', ${user!.id}, s.state, 'a sentence', 'word' || n,
        'For word' || n, 'certain', ${sql.json(placement as never)}, ${own},
        case when s.state = 'accepted' then md5(n::text) end, now(),
        case when s.state <> 'pending' then now() - n * interval '1 hour' end
      from t, generate_series(1, ${CHANGES / RFCS}::int) n,
        lateral (select (array['accepted', 'declined', 'pending'])[1 + n % 3] as state) s`;
  }
  for (const [at, sha] of shas.entries()) {
    await sql`insert into document_versions (rfc_slug, branch_name, seq, blob_sha, head_sha)
      values ('rfc-0', 'main', ${at + 1}, ${sha}, ${sha})`;
  }
  await sql`analyze`;
  return { userId: user!.id, tip: { body: bodies.at(-1)!, blobSha } };
}
