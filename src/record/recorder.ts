/** The records of RFCs: brought up to date, looked at, and given out. */
import type { FollowDeps } from "../conversation/followed-messages.ts";
import { UserError } from "../errors.ts";
import { transcriptToMarkdown } from "../rendering/transcript.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { Db, Sql } from "../store/database.ts";
import { listEntries, listMarks, listNames, putMark } from "../store/record.ts";
import { findRfc } from "../store/rfcs.ts";
import type { Sight } from "../store/sight.ts";
import { threadsInSight } from "../store/sight.ts";
import { bringUp } from "./bring-up.ts";
import { headOf, verifyChain } from "./chain.ts";
import { forgetPerson } from "./forget.ts";
import type { RecordCopy } from "./record-file.ts";
import { headOfCopy, threadsOf, toRecordJson, withhold } from "./record-file.ts";
import type { RecordDesk, RecordMark, RecordView } from "./record.ts";

type Format = "markdown" | "json";

export class Recorder implements RecordDesk {
  private readonly deps: FollowDeps;

  constructor(deps: FollowDeps) {
    this.deps = deps;
  }

  async view(rfcSlug: string): Promise<RecordView> {
    const { sql } = this.deps;
    await requireRfc(sql, rfcSlug);
    const [marks, entries] = await Promise.all([
      listMarks(sql, rfcSlug),
      listEntries(sql, rfcSlug),
    ]);
    const { problem } = verifyChain(rfcSlug, entries);
    const headHash = entries.length === 0 ? null : headOf(rfcSlug, entries).hash;
    return { marks, entries: entries.length, headHash, problem };
  }

  async write(rfcSlug: string, by: { id: string }): Promise<RecordMark> {
    const { sql } = this.deps;
    await requireRfc(sql, rfcSlug);
    const { seq: lastSeq, hash: headHash } = await bringUp(sql, rfcSlug);
    const mark = { causeKey: "", lastSeq, headHash, madeBy: by.id };
    return putMark(sql, rfcSlug, { ...mark, cause: "export" });
  }

  async file(
    rfcSlug: string,
    format: Format,
    sight: Sight = null,
  ): Promise<{ name: string; mediaType: string; body: string }> {
    const { sql } = this.deps;
    const copy = await copyInSight(sql, await readCopy(sql, rfcSlug), sight);
    const mediaType = format === "json" ? "application/json" : "text/markdown; charset=utf-8";
    return { name: fileName(rfcSlug, format), mediaType, body: printRecord(copy, format) };
  }

  forget(userId: string): Promise<number> {
    return forgetPerson(this.deps, userId);
  }
}

/** The copy as these eyes may see it: what was said elsewhere is left out, with the names that are only there. */
async function copyInSight(sql: Sql, copy: RecordCopy, sight: Sight): Promise<RecordCopy> {
  if (sight === null) return copy;
  const sees = await threadsInSight(sql, sight, copy.rfc.slug);
  const narrow = withhold(copy, (threadId) => !sees(threadId));
  const left = new Set(narrow.withheld);
  const shown = new Set(
    narrow.entries.flatMap(({ seq, personId }) => (left.has(seq) ? [] : (personId ?? []))),
  );
  return { ...narrow, people: copy.people.filter(({ id }) => shown.has(id)) };
}

/** What the command line prints: the record as of now. @throws UserError not-found */
export async function transcriptNow(sql: Sql, rfcSlug: string, format: Format): Promise<string> {
  await requireRfc(sql, rfcSlug);
  await bringUp(sql, rfcSlug);
  return printRecord(await readCopy(sql, rfcSlug), format);
}

/** The record up to an entry; the whole of it without. @throws UserError not-found */
export async function readCopy(
  db: Db,
  rfcSlug: string,
  lastSeq: number | null = null,
): Promise<RecordCopy> {
  const rfc = await requireRfc(db, rfcSlug);
  const entries = await listEntries(db, rfcSlug, lastSeq);
  const ids = new Set(entries.flatMap(({ personId }) => personId ?? []));
  return { rfc, entries, people: await listNames(db, [...ids]), withheld: [] };
}

export function printRecord(copy: RecordCopy, format: Format): string {
  if (format === "json") return toRecordJson(copy);
  return transcriptToMarkdown({
    rfc: copy.rfc,
    threads: threadsOf(copy),
    head: headOfCopy(copy),
    withheld: copy.withheld.length,
  });
}

function fileName(rfcSlug: string, format: Format): string {
  return `${rfcSlug}.transcript.${format === "json" ? "json" : "md"}`;
}

async function requireRfc(db: Db, rfcSlug: string): Promise<Rfc> {
  const rfc = await findRfc(db, rfcSlug);
  if (rfc) return rfc;
  throw new UserError(
    "not-found",
    `There is no RFC “${rfcSlug}”; a transcript is named by its RFC's slug.`,
  );
}
