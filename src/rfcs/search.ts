import { UserError } from "../errors.ts";
import type { Sql } from "../store/database.ts";
import {
  countFound,
  deleteOldSections,
  insertSections,
  listFound,
  listSameWords,
  listUnindexed,
  readQuery,
} from "../store/search.ts";
import type { Sight } from "../store/sight.ts";
import { assertStorable } from "../storable.ts";
import type { FoundKind, SearchPage, SearchQuery } from "./insight.ts";
import { excerptOf, parseSearch, type ParsedSearch } from "./parse-search.ts";
import { splitSections } from "./sections.ts";
import { looseWords, possibleForms, widen } from "./word-forms.ts";

const PER_PAGE = 20;
const MAX_PAGES = 50;
const MAX_QUERY = 400;
const KINDS: readonly FoundKind[] = ["document", "message", "change"];

/** Full-text search over the current documents, and over all messages and changes. @throws UserError */
export async function search(
  sql: Sql,
  query: SearchQuery,
  sight: Sight = null,
): Promise<SearchPage> {
  const text = query.text.trim();
  assertStorable(text, "search");
  if (text.length > MAX_QUERY) {
    throw new UserError("too-large", `A search has at most ${MAX_QUERY} characters.`);
  }
  const parsed = parseSearch(text);
  const { asked, terms } = await readAsked(sql, parsed);
  if (asked === null) {
    return { hits: [], totals: { document: 0, message: 0, change: 0 }, page: 1, pages: 0 };
  }
  await indexDocuments(sql);
  const within = { rfcSlug: query.rfcSlug ?? null, sight };
  const kinds = query.kind === undefined ? KINDS : [query.kind];
  const totals = await countFound(sql, asked, within);
  const total = kinds.reduce((sum, kind) => sum + totals[kind], 0);
  const pages = Math.min(MAX_PAGES, Math.ceil(total / PER_PAGE));
  const page = Math.max(1, Math.min(query.page ?? 1, pages));
  const skip = (page - 1) * PER_PAGE;
  const found = await listFound(sql, asked, { kinds, ...within, terms, skip, take: PER_PAGE });
  const hits = found.map(({ text: near, ...hit }) => ({
    ...hit,
    excerpt: excerptOf(hit.kind === "document" ? withoutMarks(near) : near, terms),
  }));
  return { hits, totals, page, pages };
}

/** What is asked for, and the words that answer it: English ones in their other forms as well. */
async function readAsked(
  sql: Sql,
  { query, isOpen, terms, alone }: ParsedSearch,
): Promise<{ asked: string | null; terms: string[] }> {
  const read = await readQuery(sql, query);
  if (read === null) return { asked: null, terms };
  const forms = new Map(looseWords(alone).map((word) => [word, possibleForms(word)]));
  const same = forms.size === 0 ? new Map<string, string[]>() : await listSameWords(sql, forms);
  const found = [...same.values()].flat();
  return { asked: widen(read, same, isOpen), terms: [...new Set([...terms, ...found])] };
}

/** Documents change seldom: they are taken into the index by the first search after that. */
async function indexDocuments(sql: Sql): Promise<void> {
  const unknown = await listUnindexed(sql);
  if (unknown.length === 0) return;
  for (const { blobSha, body } of unknown) await insertSections(sql, blobSha, splitSections(body));
  await deleteOldSections(sql);
}

/** Without the marks of headings and tables, which say nothing in one line. */
function withoutMarks(markdown: string): string {
  return markdown
    .replace(/^ {0,3}#{1,6}\s+/gm, "")
    .replace(/^(?=[ |:]*-)[ |:-]*$/gm, "")
    .replaceAll("|", " ");
}
