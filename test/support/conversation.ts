/** Conversations as people's doings, the same for every platform. */
import type { Sql } from "../../src/store/database.ts";
import type { ScriptedProvider } from "../fakes/scripted-provider.ts";
import { block } from "../fakes/scripted-provider.ts";

/** Ada runs the workspace; Bob is a member. */
export type Who = "ada" | "bob";

export type Doing =
  /** `@redline` in a text is a mention of it, `@bob` one of Bob. */
  | { who: Who; says: string }
  | { who: Who; edits: string; to: string }
  | { who: Who; deletes: string }
  | { who: Who; presses: "accept" | "decline" | "edit"; change: number }
  | { who: Who; sends: Record<string, string> }
  /** Somebody else commits: each old text is replaced by the new one. */
  | { who: "git"; replaces: string; with: string };

/** What the model answers, one after the other: prose, and edits. */
export type ScriptedAnswer = (string | { original: string; proposed: string; reason: string })[];

export interface Conversation {
  about: string;
  document?: string;
  answers: ScriptedAnswer[];
  doings: Doing[];
}

export interface Outcome {
  rows: { messages: string[]; changes: string[]; turns: string[] };
  /** What one person alone was told; addresses, hashes and ids are left out, here and below. */
  told: Record<Who, string[]>;
  /** By platform: all that stands in the place, in order, and how often it was written to. */
  shown: Record<string, { seen: string[]; calls: Record<string, number> }>;
}

/** A platform with one place, in which people do things. */
export interface Stage extends AsyncDisposable {
  readonly sql: Sql;
  readonly provider: ScriptedProvider;
  /** Resolves when all that comes of it has come. */
  perform(doing: Doing): Promise<void>;
  seen(): string[];
  told(): Record<Who, string[]>;
  /** Calls by what they do; edits, and those of streams, depend on how fast it goes. */
  calls(): Record<string, number>;
  pings(): readonly unknown[];
}

export async function play({ answers, doings }: Conversation, stage: Stage): Promise<void> {
  stage.provider.script = (request, index) =>
    (answers[index] ?? ["The script has no answer to this."]).map((part) =>
      typeof part === "string" ? part : block(request, part.original, part.proposed, part.reason),
    );
  for (const doing of doings) await stage.perform(doing);
}

/** What is kept, a line a row. */
export async function rowsOf(sql: Sql): Promise<Outcome["rows"]> {
  const messages = await sql<{ line: string }[]>`
    select m.role || coalesce(' ' || u.display_name, '') || ': ' || m.text
      || coalesce(' [quotes: ' || m.quote || ']', '')
      || case when m.deleted_at is null then '' else ' [deleted]' end as line
    from thread_messages m left join users u on u.id = m.author_user_id
    order by m.seq`;
  const changes = await sql<{ line: string }[]>`
    select '#' || number || ' ' || state || ': ' || original || ' → ' || proposed as line
    from changes order by number`;
  const turns = await sql<{ state: string }[]>`select state from turns order by created_at`;
  return {
    messages: messages.map(({ line }) => withoutChance(line)),
    changes: changes.map(({ line }) => line),
    turns: turns.map(({ state }) => state),
  };
}

/** A text without what is another one each time. */
export function withoutChance(text: string): string {
  return text
    .replace(/https?:\/\/[^\s|>)]+/g, "(address)")
    .replace(/\bcommit [0-9a-f]{7,40}/gi, "commit (hash)")
    .replace(/edited outside of Redline: [0-9a-f]{7}/g, "edited outside of Redline: (hash)");
}
