import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ThreadKind } from "../../src/conversation/thread.ts";
import type {
  NotificationCategory,
  NotificationKind,
} from "../../src/notifications/notification.ts";
import { tellOfDecisions, tellOfDrift, tellOfEnd, tellOfWaiting } from "../../src/store/fan-out.ts";
import { insertNotifications } from "../../src/store/notifications.ts";
import type { Holding, Role, Scene, Told } from "./people-world.ts";
import { ALL_HOLDINGS, ALL_ROLES, PeopleWorld, PULL, VERSION } from "./people-world.ts";

const THREAD_KINDS: ThreadKind[] = ["discussion", "range", "paragraph", "review"];
const REPLAYS = ["once", "again and again"] as const;

/** Who may see a thread that is held so without having written in it. */
const SEES: Record<Holding, Role[]> = {
  console: ["watcher", "threadWatcher", "stranger", "local", "passerby", "retracted"],
  open: ["watcher", "threadWatcher", "local", "passerby", "retracted"],
  closed: ["local"],
  left: ["local"],
  private: [],
  shared: ["watcher", "threadWatcher", "stranger", "local", "passerby", "retracted"],
};
/** Who wrote in it, and hears of it. */
const TAKES_PART: Record<Holding, Role[]> = {
  console: ["author", "unlinked", "both"],
  open: ["author", "unlinked", "both"],
  closed: ["author", "unlinked", "both"],
  left: ["author", "unlinked", "both"],
  private: ["author"],
  shared: ["author", "unlinked", "both"],
};

/** Whoever wants to hear nothing, or cannot. */
const DEAF: Role[] = ["mutedThread", "mutedRfc", "bot"];

let world: PeopleWorld;
beforeAll(async () => {
  world = await PeopleWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const cases = THREAD_KINDS.flatMap((kind) =>
  ALL_HOLDINGS.flatMap((holding) =>
    REPLAYS.map((replay) => ({ kind, holding, times: replay === "once" ? 1 : 3, replay })),
  ),
);

function rows(
  kind: NotificationKind,
  category: NotificationCategory,
  roles: readonly Role[],
): Told[] {
  return ALL_ROLES.filter((role) => roles.includes(role)).map((role) => ({ role, kind, category }));
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<void> {
  for (let at = 0; at < times; at += 1) await work();
}

describe.each(cases)("of a $kind thread, held $holding, $replay", ({ kind, holding, times }) => {
  const scene = (): Promise<Scene> => world.scene(kind, holding);
  const numbers = async ({ rfcSlug }: Scene) =>
    (
      await world.sql<{ prNumber: number | null }[]>`
      select distinct pr_number from notifications where rfc_slug = ${rfcSlug}`
    ).map((row) => row.prNumber);
  /** The open pull request is told with what happens in review threads. */
  const ofPull = kind === "review" ? PULL : null;

  it.each(["post", "record"] as const)("a message (%s)", async (way) => {
    const at = await scene();
    const message = { text: "News.", dedupKey: "key" };
    const send = () => world.conversations[way](at.threadId, message, world.people.writer);
    await repeat(times, send);
    if (times > 1) await Promise.all([send(), send(), send()]);
    const direct = TAKES_PART[holding];
    const churn = SEES[holding].filter((role) => role !== "passerby" && role !== "retracted");
    const expected = [
      ...rows("chat_reply_to_my_message", "personal-direct", direct),
      ...rows("chat_message_in_participated_thread", "churn", churn),
    ].toSorted((a, b) => ALL_ROLES.indexOf(a.role) - ALL_ROLES.indexOf(b.role));
    expect(await world.told(at)).toEqual(expected);
    if (expected.length > 0) expect(await numbers(at)).toEqual([ofPull]);
  });

  it("a message of a program", async () => {
    const at = await scene();
    await repeat(times, () =>
      world.conversations.record(at.threadId, { text: "Ping.", dedupKey: "bot" }, world.people.bot),
    );
    expect(await world.told(at)).toEqual([]);
    const [kept] = await world.sql<{ count: number }[]>`
      select count(*)::int as count from thread_messages
      where thread_id = ${at.threadId} and dedup_key = 'bot'`;
    expect(kept!.count).toBe(1);
  });

  it.each(["hand", "retry"] as const)("everybody's own change, by %s", async (from) => {
    const at = await scene();
    const declined = await changesOf(at, from);
    await drift(declined, "stale", times);
    await drift(declined, "conflict", times);
    await decide(declined, "declined", times);
    await decide(await changesOf(at, from), "accepted", times);
    const isTold = (role: Role): boolean =>
      holding === "private" ? role === "author" : !DEAF.includes(role);
    // The writer decides.
    const expected = ALL_ROLES.filter(isTold).flatMap((role) => [
      ...(role === "writer" ? [] : rows("change_accepted", "personal-direct", [role])),
      ...rows("change_conflicted", "personal-direct", [role]),
      ...(role === "writer" ? [] : rows("change_declined", "personal-direct", [role])),
      ...rows("change_stale", "personal-direct", [role]),
    ]);
    expect(await world.told(at)).toEqual(expected);
    expect(await numbers(at)).toEqual([ofPull]);
  });

  it.each(["the RFC", "the workspace"])(
    "a change that waits for who is named for %s",
    async (of) => {
      const at = await scene();
      await world.sql`delete from maintainers`;
      for (const role of ALL_ROLES) {
        const { id } = world.people[role];
        await (of === "the RFC"
          ? world.sql`insert into rfc_maintainers (rfc_slug, user_id) values (${at.rfcSlug}, ${id})`
          : world.sql`
            insert into maintainers (platform, workspace_id, user_id) values ('slack', 'T1', ${id})`);
      }
      const changeId = await world.change(at, "writer", "answer");
      await repeat(times - 1, () => world.sql.begin((tx) => tellOfWaiting(tx, [changeId])));
      await world.sql`delete from maintainers`;
      const isHeld = holding !== "console" && holding !== "left";
      const named = of === "the RFC" || isHeld ? [...SEES[holding], ...TAKES_PART[holding]] : [];
      expect(await world.told(at)).toEqual(rows("decision_requested", "churn", named));
    },
  );

  it.each(["merged", "closed"] as const)("a pull request that was %s", async (state) => {
    const at = await scene();
    const closedAt = new Date("2026-03-04T05:06:07.890Z");
    const ended = { rfcSlug: at.rfcSlug, branchName: at.branchName, number: PULL, closedAt, state };
    await repeat(times, () =>
      world.sql.begin((tx) => tellOfEnd(tx, { ...ended, mergedById: "writer" })),
    );
    // It is the RFC's news, wherever its threads are held. Who muted a thread of it watches it still.
    const expected = [
      ...rows(`rfc_${state}`, "personal-direct", ["author", "unlinked", "both"]),
      ...rows(`rfc_${state}`, "churn", ["watcher", "mutedThread", "stranger", "local"]),
    ].toSorted((a, b) => ALL_ROLES.indexOf(a.role) - ALL_ROLES.indexOf(b.role));
    expect(await world.told(at)).toEqual(expected);
    expect(await numbers(at)).toEqual([PULL]);
  });

  it.each([
    ["concern_passage_changed", "personal-direct"],
    ["concern_settled", "personal-direct"],
    ["merge_word_requested", "personal-direct"],
    ["merge_settled", "churn"],
  ] as const)("%s, as others tell it", async (told, category) => {
    const at = await scene();
    const { rfcSlug, threadId } = at;
    const given = ALL_ROLES.map((role) => {
      const userId = world.people[role].id;
      return { userId, kind: told, category, subject: threadId, rfcSlug, threadId };
    });
    await repeat(times, () => insertNotifications(world.sql, given));
    const unmuted = ALL_ROLES.filter((role) => !DEAF.includes(role));
    const direct = holding === "private" ? (["author"] as const) : unmuted;
    const churn = [...SEES[holding], ...TAKES_PART[holding], "writer" as const].filter(
      (role) => holding !== "private" || role === "author",
    );
    expect(await world.told(at)).toEqual(
      rows(told, category, category === "churn" ? churn : direct),
    );
  });
});

async function changesOf(at: Scene, from: "hand" | "retry"): Promise<string[]> {
  const ids: string[] = [];
  for (const owner of ALL_ROLES) ids.push(await world.change(at, owner, from));
  return ids;
}

async function drift(ids: readonly string[], to: "stale" | "conflict", times: number) {
  await world.sql`
    update changes set drift = ${to}, stale_since = ${to === "stale" ? new Date() : null}
    where id = any(${[...ids]}::uuid[])`;
  await repeat(times, () => world.sql.begin((tx) => tellOfDrift(tx, ids, VERSION.blobSha)));
}

async function decide(ids: readonly string[], to: "accepted" | "declined", times: number) {
  const { sql, people } = world;
  const verdict = to === "accepted" ? "accept" : "decline";
  const outcome = to === "accepted" ? "committed" : "declined";
  await sql`
    insert into decisions (change_id, user_id, verdict, outcome)
    select id, ${people.writer.id}, ${verdict}, ${outcome} from unnest(${[...ids]}::uuid[]) id`;
  await sql`
    update changes set state = ${to}, drift = 'fresh', stale_since = null, decided_at = now(),
      commit_sha = ${to === "accepted" ? "c".repeat(40) : null}
    where id = any(${[...ids]}::uuid[])`;
  await repeat(times, () => sql.begin((tx) => tellOfDecisions(tx, ids)));
}
