/**
 * A record as a file: the chain as data, what readers want of it beside, and people's names by the ids that the
 * chain has of them. Names are not covered by the hashes; all else is. Names of fields are in snake_case. Pure.
 */
import type { Rfc } from "../rfcs/rfc.ts";
import type { ChainHead } from "./chain.ts";
import { headOf } from "./chain.ts";
import { entryFields } from "./entry-fields.ts";
import { readable } from "./readable.ts";
import type { ReadableThread } from "./readable.ts";
import type { RecordEntry } from "./record.ts";

export const RECORD_FORMAT = "redline-record/1";

/** An RFC's record, with what reading it needs. */
export interface RecordCopy {
  rfc: Rfc;
  people: readonly { id: string; name: string }[];
  entries: readonly RecordEntry[];
  /** Entries whose content this copy leaves out, by `seq`. */
  withheld: readonly number[];
}

/** The same without what was said in these threads. The chain stays as it is. */
export function withhold(copy: RecordCopy, isClosed: (threadId: string) => boolean): RecordCopy {
  const hidden = ({ content, kind, subject }: RecordEntry): boolean => {
    const threadId = kind === "thread" ? subject : content?.["thread_id"];
    return content !== null && typeof threadId === "string" && isClosed(threadId);
  };
  return {
    ...copy,
    withheld: copy.entries.filter(hidden).map(({ seq }) => seq),
    entries: copy.entries.map((entry) =>
      hidden(entry) ? { ...entry, content: null, salt: null } : entry,
    ),
  };
}

export function headOfCopy({ rfc, entries }: RecordCopy): ChainHead {
  return headOf(rfc.slug, entries);
}

export function threadsOf({
  people,
  entries,
}: Pick<RecordCopy, "people" | "entries">): ReadableThread[] {
  const names = new Map(people.map(({ id, name }) => [id, name]));
  return readable(entries, (id) => (id === null ? null : (names.get(id) ?? "Somebody")));
}

export function toRecordJson(copy: RecordCopy): string {
  const { rfc, people, entries, withheld } = copy;
  const file = {
    format: RECORD_FORMAT,
    rfc: toSnakeCase(rfc),
    head: headOfCopy(copy),
    people,
    withheld,
    entries: entries.map(entryFields),
    threads: threadsToJson(threadsOf(copy)),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** A thread's kind is called as in the HTTP API. */
export function threadsToJson(threads: readonly ReadableThread[]): unknown {
  return toSnakeCase(
    threads.map(({ thread: { kind, ...thread }, ...rest }) => ({
      thread: { ...thread, threadKind: kind },
      ...rest,
    })),
  );
}

function toSnakeCase(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toSnakeCase(inner),
    ]),
  );
}
