/** What there is to decide on, and what came of it: for tests of who may. */
import { expect } from "vitest";
import { formatCardRef } from "../../src/chat/card-ref.ts";
import type { ChatEvent, ChatPerson } from "../../src/chat/chat-event.ts";
import type { ChosenPlace } from "../../src/engine.ts";
import type { AccountHost, HostAccount } from "../../src/ports.ts";
import { DeskWorld, MAINTAINER, MEMBER } from "../chat/desk-world.ts";
import type { TestDatabase } from "../support/database.ts";

export const OTHER = "UOTHER";

/** GitHub, as far as accounts go. */
class FakeAccounts implements AccountHost {
  /** Whose the tokens are. */
  readonly tokens = new Map<string, HostAccount>();
  mayWriteNow = true;

  serves(repository: string): boolean {
    return !repository.startsWith("file:");
  }
  connect(): never {
    throw new Error("nobody connects here");
  }
  async holderOf(token: string): Promise<HostAccount | null> {
    return this.tokens.get(token) ?? null;
  }
  async refresh(): Promise<null> {
    return null;
  }
  async mayWrite(): Promise<boolean> {
    return this.mayWriteNow;
  }
}

export const accounts = new FakeAccounts();
/** The world of the tests that run now. */
export const here = {} as { world: DeskWorld; place: { linkId: string; threadId: string } };

/** An RFC that is discussed in one place; all are known there who take part. */
export async function begin(database: TestDatabase): Promise<void> {
  accounts.tokens.clear();
  here.world = await DeskWorld.start(database, accounts);
  const { id: linkId, threadId } = await here.world.linked();
  here.place = { linkId, threadId };
  // They are known before, so that nobody new is made by what they try.
  for (const id of [MEMBER, MAINTAINER, OTHER]) await here.world.user(id);
}

/** A change with its card, as whoever decides finds it; or a proposal, or a concern. */
export interface Scene {
  ref: string;
  changeId: string;
  number: number;
  /** Of what is not a change. */
  subjectId?: string;
  /** The version that it is about. */
  blobSha?: string;
}

/** Who may: those who decide, are asked for their word, or run the workspace; or somebody who is none of them. */
export type Whose = "decider" | "asked" | "admin" | "author";

export interface Way {
  name: string;
  /** Default: who decides. */
  whose?: Whose;
  /** What is there instead of a change. */
  prepare?: () => Promise<Partial<Scene>>;
  event(scene: Scene, by: ChatPerson): ChatEvent;
  /** What it comes to where it is allowed. */
  took(scene: Scene): Promise<boolean>;
}

export const stateOf = async (changeId: string): Promise<string> =>
  (await here.world.built.engine.changes.get(changeId)).state;

export const member = () => here.world.user(MEMBER);

export const isAccepting: Way["took"] = async ({ changeId }) =>
  (await stateOf(changeId)) === "accepting";
export const isDeclined: Way["took"] = async ({ changeId }) =>
  (await stateOf(changeId)) === "declined";
export const isProposed: Way["took"] = async () =>
  (await here.world.sql`select 1 from merge_proposals`).length === 1;
export const isPlaced: Way["took"] = async ({ changeId }) =>
  (await here.world.built.engine.changes.get(changeId)).placement.certainty === "certain";
export const isRevised: Way["took"] = async ({ changeId, number }) =>
  (await stateOf(changeId)) === "declined" &&
  (await here.world.sql`select 1 from changes where number > ${number} and state = 'pending'`)
    .length === 1;
export const hasWord: Way["took"] = async ({ subjectId }) => {
  const { words } = await here.world.built.engine.merges.get(subjectId!);
  const { id } = await member();
  return words.some(({ userId, word }) => userId === id && word !== null);
};
export const isTakenBack: Way["took"] = async ({ subjectId }) =>
  (await here.world.built.engine.merges.get(subjectId!)).state === "withdrawn";
export const isSettled: Way["took"] = async ({ subjectId }) =>
  (await here.world.built.engine.concerns.get(subjectId!)).state !== "open";
export const isNamed: Way["took"] = async () =>
  (
    await here.world.sql`
    select 1 from rfc_maintainers where user_id = ${(await here.world.user(OTHER)).id}
    union all
    select 1 from maintainers where user_id = ${(await here.world.user(OTHER)).id}`
  ).length === 1;

/** A change whose original stands at two places, on a card that offers them. */
export async function uncertain(): Promise<Partial<Scene>> {
  const edit = { original: "The", proposed: "A", reason: "" };
  const { changes } = here.world.built.engine;
  const made = await changes.propose(here.place.threadId, edit, await here.world.user(MAINTAINER));
  const { placement, baseBlobSha: blobSha } = made;
  expect(placement).toMatchObject({ certainty: "ask", candidateCount: 2 });
  const choices = placement.candidates.map(({ start, end }) => ({ start, end, blobSha }));
  return {
    ref: await shown("card", made.id, choices),
    changeId: made.id,
    number: made.number,
    blobSha,
  };
}

/** The maintainer's proposal to merge. */
export async function proposal(): Promise<Partial<Scene>> {
  const by = await here.world.user(MAINTAINER);
  const { id } = await here.world.built.engine.merges.propose(here.place.threadId, {}, by);
  return { ref: await shown("merge", id), subjectId: id };
}

/** The maintainer's concern. */
export async function concern(): Promise<Partial<Scene>> {
  const by = await here.world.user(MAINTAINER);
  const given = { text: "Too gentle.", passage: null };
  const { id, number } = await here.world.built.engine.concerns.raise(
    here.place.threadId,
    given,
    by,
  );
  return { subjectId: id, number };
}

async function shown(
  kind: string,
  subjectId: string,
  choices: ChosenPlace[] = [],
): Promise<string> {
  const { sql } = here.world;
  const [row] = await sql<{ id: string }[]>`
    insert into deliveries (link_id, subject_id, kind, state, platform_message_id, choices)
    values (${here.place.linkId}, ${subjectId}, ${kind}, 'live', 'shown', ${sql.json(choices.map((one) => ({ ...one })))})
    returning id`;
  return formatCardRef(row!.id, choices);
}

/** What is kept of every event, or of being heard of; nothing that it did. */
const BOOKKEEPING = ["command_counts", "chat_messages", "audit_entries", "owed_answers"];

/** Every table but those, each as a digest of its rows. */
export async function snapshot(): Promise<Record<string, string>> {
  const { sql } = here.world;
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`;
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    if (BOOKKEEPING.includes(name)) continue;
    const [row] = await sql<{ digest: string }[]>`
      select count(*) || ' ' || md5(coalesce(string_agg(r, '|' order by r), '')) as digest from (
        select (to_jsonb(t) - 'seen_at' - 'confirmed_at')::text as r from ${sql(name)} t) rows`;
    digests[name] = row!.digest;
  }
  return digests;
}

export const refusals = () => here.world.sql<
  { act: string; door: string; userId: string | null }[]
>`
  select act, door, user_id from audit_entries order by id`;

export async function scene(prepare?: Way["prepare"]): Promise<Scene> {
  await here.world.sql`
    truncate changes, concerns, merge_proposals, audit_entries, deliveries, command_counts cascade`;
  here.world.platform.forms.splice(0);
  here.world.platform.told.splice(0);
  await here.world.sql`
    with o as (delete from rfc_maintainers where user_id = ${(await here.world.user(OTHER)).id})
    delete from maintainers where user_id = ${(await here.world.user(OTHER)).id}`;
  const link = (await here.world.link())!;
  return { ...(await here.world.card(link)), ...(await prepare?.()) };
}
