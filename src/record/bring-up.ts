/** Adds to a record what it does not hold yet. */
import {
  eraseMessage,
  findHead,
  findRfcOfMessage,
  insertEntries,
  lockRecord,
} from "../store/record.ts";
import { listMessageNews, listNewsOfRecord, NO_NEWS } from "../store/record-sources.ts";
import type { Sql, Tx } from "../store/database.ts";
import type { ChainHead, RecordDraft } from "./chain.ts";
import { appendEntries, chainStart, headOf } from "./chain.ts";
import { draftEntries } from "./draft-entries.ts";

/** Appends what is new, and answers with where the record ends then. Repeated it adds nothing. */
export function bringUp(sql: Sql, rfcSlug: string): Promise<ChainHead> {
  return sql.begin(async (tx) => bringUpIn(tx, rfcSlug));
}

/** The same as part of a transaction, which from here on holds the record for itself. */
export async function bringUpIn(tx: Tx, rfcSlug: string): Promise<ChainHead> {
  await lockRecord(tx, rfcSlug);
  const news = await listNewsOfRecord(tx, rfcSlug);
  const head = await append(tx, rfcSlug, draftEntries(news));
  // What was said is out of the record as soon as it says that it was deleted.
  for (const { id, deletedAt } of news.messages) if (deletedAt) await eraseMessage(tx, rfcSlug, id);
  return head;
}

/** The record is to be locked. */
export async function append(
  tx: Tx,
  rfcSlug: string,
  drafts: readonly RecordDraft[],
): Promise<ChainHead> {
  const head = (await findHead(tx, rfcSlug)) ?? chainStart(rfcSlug);
  const entries = appendEntries(head, drafts);
  await insertEntries(tx, rfcSlug, entries);
  return entries.length === 0 ? head : headOf(rfcSlug, entries);
}

/** A message of the thread was deleted: what the record has of it goes at once, and a mark stays. */
export async function noteDeletion(tx: Tx, messageId: string): Promise<void> {
  const rfcSlug = await findRfcOfMessage(tx, messageId);
  if (rfcSlug === null) return;
  await lockRecord(tx, rfcSlug);
  const erased = await eraseMessage(tx, rfcSlug, messageId);
  if (erased.length === 0) return;
  const news = await listMessageNews(tx, rfcSlug, messageId);
  await append(tx, rfcSlug, draftEntries({ ...NO_NEWS, messages: news }));
}
