/** People who ask all the time, in the console and in chat, and accept some of what is proposed. */
import { setTimeout as delay } from "node:timers/promises";
import type { Sql } from "../../src/store/database.ts";
import type { ModelCall } from "../fakes/model-server.ts";
import type { Reply } from "../fakes/reply-script.ts";
import { changeBlock } from "../fakes/reply-script.ts";
import { restAskers } from "../support/chat-places.ts";
import type { HttpClient } from "../support/http-client.ts";
import type { PostedMessage } from "../support/invariants.ts";
import {
  answerTo,
  lineEdit,
  marksIn,
  marksToAnswer,
  newMark,
  numberOf,
  questionsIn,
} from "./marks.ts";

const MS = {
  /** Between two questions in the console. */
  ask: 300,
  /** Between two rounds in chat and of decisions. */
  chat: 4_000,
  /** Of a piece of an answer. */
  piece: 60,
  /** An answer to a request, whatever happens behind it. */
  answer: 30_000,
  /** Who was not heard by then never is. */
  never: 120_000,
};

/** An answer in so many proposes a change, each to a line of its own. */
const CHANGES = 3;

/** What the model says: answers to all that was asked since it last spoke, and a change now and then. */
export function answering({ messages, tag }: ModelCall): Reply {
  const marks = marksToAnswer(messages);
  const last = marks.at(-1);
  const number = last === undefined ? null : numberOf(last);
  const pause = (): Promise<void> => delay(MS.piece);
  return [
    ...marks.flatMap((mark) => ["Answer ", pause, `to ${answerTo(mark)}. `, pause]),
    "\n",
    ...(number !== null && number % CHANGES === 0
      ? [changeBlock(tag, lineEdit(number / CHANGES))]
      : []),
    pause,
    "That is all.",
  ];
}

/** Where people are. */
export interface Surroundings {
  readonly sql: Sql;
  readonly client: HttpClient;
  readonly slack: { ask(mark: string): void };
  readonly discord: { ask(mark: string): void };
}

export class Traffic {
  /** Of the console. */
  readonly threads: string[] = [];
  readonly posted: PostedMessage[] = [];
  /** Marks of all that was taken in. */
  readonly asked = new Set<string>();
  readonly #world: Surroundings;
  #working: Promise<unknown> | null = null;
  #stopping = new AbortController();
  #count = 0;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#working = Promise.all([
      this.#keepOn(MS.ask, () => this.askInConsole()),
      this.#keepOn(MS.chat, () => this.askInChat()),
      this.#keepOn(MS.chat, () => this.acceptOne()),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
    this.#working = null;
  }

  /** Asked again under the same key until it was taken in. */
  async askInConsole(): Promise<void> {
    const mark = this.#mark();
    const threadId = this.threads[this.#count % this.threads.length]!;
    const text = `question ${mark}`;
    const url = `${this.#world.client.url}/api/threads/${threadId}/messages`;
    const limit = performance.now() + MS.never;
    for (;;) {
      if (performance.now() > limit) throw new Error(`nobody takes in ${mark}`);
      const status = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": mark },
        body: JSON.stringify({ text }),
        signal: AbortSignal.timeout(MS.answer),
      }).then(
        async (response) => {
          await response.body?.cancel().catch(() => {});
          return response.status;
        },
        () => 0,
      );
      if (status === 200) break;
      // Everything that is not there at the moment is said to be so.
      if (status !== 0 && status !== 503) throw new Error(`a question was answered with ${status}`);
      await delay(200);
    }
    this.posted.push({ threadId, text });
    this.asked.add(mark);
  }

  async askInChat(): Promise<void> {
    // Nobody is to be told that they ask too often.
    await restAskers(this.#world.sql).catch(() => {});
    for (const place of [this.#world.slack, this.#world.discord]) {
      const mark = this.#mark();
      place.ask(mark);
      this.asked.add(mark);
    }
  }

  async acceptOne(): Promise<void> {
    const { sql, client } = this.#world;
    const found = await sql<{ id: string }[]>`
      select id from changes where state = 'pending' and drift <> 'stale' order by number limit 1`.catch(
      () => [],
    );
    if (!found[0]) return;
    const answer = await client
      .json("POST", `/api/changes/${found[0].id}/accept`, {})
      .catch(() => null);
    if (answer && ![200, 409, 503].includes(answer.status)) {
      throw new Error(`an accept was answered with ${answer.status}: ${answer.body.detail}`);
    }
  }

  /** Marks that an answer in the threads has. */
  async answers(): Promise<Set<string>> {
    return new Set((await this.#answerTexts()).flatMap(marksIn));
  }

  /** What was lost, doubled or given up. */
  async broken(): Promise<string[]> {
    const { sql } = this.#world;
    const answered = (await this.#answerTexts()).flatMap(marksIn);
    const doubled = answered.filter((mark, at) => answered.indexOf(mark) !== at);
    const lost = [...this.asked].filter((mark) => !answered.includes(mark));
    const stored = (
      await sql<{ text: string }[]>`select text from thread_messages where role = 'user'`
    ).flatMap(({ text }) => questionsIn(text));
    const failed = await sql<{ id: string; error: string }[]>`
      select id, error from turns where state = 'failed'`;
    const unwanted = await sql<{ id: string; failure: string }[]>`
      select id, failure from changes where failure is not null and drift = 'fresh'`;
    return [
      ...doubled.map((mark) => `${mark} is answered more than once`),
      ...lost.map((mark) => `${mark} is not answered`),
      ...[...this.asked]
        .filter((mark) => stored.filter((one) => one === mark).length !== 1)
        .map((mark) => `${mark} is not stored once`),
      ...failed.map(({ id, error }) => `turn ${id} was given up: ${error}`),
      ...unwanted.map(({ id, failure }) => `the accept of ${id} was given up: ${failure}`),
    ];
  }

  /** For people who look into a failure: what became of a question. */
  async whereIs(mark: string): Promise<string> {
    const { sql } = this.#world;
    const rows = await sql`
      select m.thread_id, u.state, u.attempt, t.ready_at, t.lease_until, t.lease_owner, now()
      from thread_messages m left join turns u on u.id = m.turn_id left join threads t on t.id = m.thread_id
      where m.text like ${`%${mark}%`}`;
    const events = await sql`
      select source, kind, state, attempts, due_at, lease_until from inbox
      where payload::text like ${`%${mark}%`}`;
    return `${mark}: ${JSON.stringify(rows)} ${JSON.stringify(events)}`;
  }

  async #answerTexts(): Promise<string[]> {
    const rows = await this.#world.sql<{ text: string }[]>`
      select text from thread_messages where role = 'assistant'`;
    return rows.map(({ text }) => text);
  }

  #mark(): string {
    this.#count += 1;
    return newMark(this.#count);
  }

  async #keepOn(everyMs: number, act: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await act();
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }
}
