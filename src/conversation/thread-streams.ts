import type { StreamSource } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { StreamRelay } from "../ports.ts";
import { threadTopic } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import { isUuid } from "../store/database.ts";
import { eventSeqs, lastTurnEvent, listEvents, storedAnswer, turnStart } from "../store/events.ts";
import type { StreamFrame, StreamPosition } from "./stream-frames.ts";
import { eventFrames, formatPosition, parsePosition, textFrame } from "./stream-frames.ts";
import type { StoredEvent, ThreadEvent } from "./thread-event.ts";
import { ThreadFeed } from "./thread-feed.ts";

/** How often missed wake-ups are looked for; the relay is lossy, the rows are not. */
const LOOK_MS = 1_000;

/** Live streams of threads, resumable from any process: rows for what happened, the relay for speed. */
export class ThreadStreams implements AsyncDisposable {
  private readonly sql: Sql;
  private readonly relay: StreamRelay;
  private readonly feeds = new Map<
    string,
    { feed: ThreadFeed; unsubscribe: Promise<() => void> }
  >();
  private readonly open = new Set<Reader>();
  private timer: NodeJS.Timeout | null = null;
  private looking = false;

  constructor(sql: Sql, relay: StreamRelay) {
    this.sql = sql;
    this.relay = relay;
  }

  get openStreams(): number {
    return this.open.size;
  }

  /** Everything live in a thread. @throws UserError not-found | invalid-request */
  async thread(threadId: string, lastEventId?: string): Promise<StreamSource> {
    const from = readPosition(lastEventId);
    const seq = isUuid(threadId)
      ? (await eventSeqs(this.sql, [threadId])).get(threadId)
      : undefined;
    if (seq === undefined) throw new UserError("not-found", "There is no such thread.");
    const begin = { live: from === null, atTurnStart: false };
    assertReached(from, seq);
    return this.attach(threadId, from ?? { seq, offset: 0 }, null, begin);
  }

  /** One turn, up to its end. @throws UserError not-found | invalid-request */
  async turn(turnId: string, lastEventId?: string): Promise<StreamSource> {
    const from = readPosition(lastEventId);
    const start = isUuid(turnId) ? await turnStart(this.sql, turnId) : null;
    if (!start) throw new UserError("not-found", "There is no such turn.");
    if (from) {
      assertReached(from, (await eventSeqs(this.sql, [start.threadId])).get(start.threadId) ?? 0);
    }
    const position = from ?? { seq: start.seq, offset: 0 };
    const begin = { live: false, atTurnStart: from === null };
    return this.attach(start.threadId, position, turnId, begin);
  }

  private async attach(
    threadId: string,
    position: StreamPosition,
    only: string | null,
    begin: Begin,
  ): Promise<StreamSource> {
    const feed = await this.feed(threadId);
    const reader = new Reader(this.sql, threadId, feed, only, () => {
      this.open.delete(reader);
      this.detach(threadId, feed);
    });
    this.open.add(reader);
    try {
      await reader.begin(position, begin);
    } catch (error) {
      reader.close();
      throw error;
    }
    return reader;
  }

  private async feed(threadId: string): Promise<ThreadFeed> {
    let entry = this.feeds.get(threadId);
    if (!entry) {
      const feed = new ThreadFeed();
      const unsubscribe = this.relay.subscribe(threadTopic(threadId), (message) =>
        feed.receive(message),
      );
      entry = { feed, unsubscribe };
      this.feeds.set(threadId, entry);
      this.timer ??= setInterval(() => void this.look(), LOOK_MS);
      this.timer.unref();
    }
    entry.feed.readers += 1;
    await entry.unsubscribe;
    return entry.feed;
  }

  private detach(threadId: string, feed: ThreadFeed): void {
    feed.readers -= 1;
    if (feed.readers > 0) return;
    const entry = this.feeds.get(threadId);
    this.feeds.delete(threadId);
    void entry?.unsubscribe.then((unsubscribe) => unsubscribe());
    if (this.feeds.size === 0 && this.timer) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  /** Finds what the relay lost; while the database is away, readers wait. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const seqs = await eventSeqs(this.sql, [...this.feeds.keys()]).catch(() => null);
    this.looking = false;
    if (!seqs) return;
    for (const [threadId, { feed }] of this.feeds) feed.sawEvent(seqs.get(threadId) ?? 0);
    for (const reader of this.open) reader.lookAgain();
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.open) reader.close();
    return Promise.resolve();
  }
}

/** `live`: from now on; `atTurnStart`: no answer is being written where the position is. */
interface Begin {
  live: boolean;
  atTurnStart: boolean;
}

function readPosition(lastEventId: string | undefined): StreamPosition | null {
  if (lastEventId === undefined || lastEventId === "") return null;
  const position = parsePosition(lastEventId);
  if (!position)
    throw new UserError("invalid-request", "Last-Event-ID is not an id of this stream.");
  return position;
}

/** An id from the future was given out by another database. */
function assertReached(from: StreamPosition | null, seq: number): void {
  if (from && from.seq > seq) {
    throw new UserError("invalid-request", "Last-Event-ID is not an id of this stream.");
  }
}

/** The answer that is being written where the reader stands. */
interface Answer {
  turnId: string;
  attempt: number;
  /** UTF-16 units that the reader has. */
  at: number;
}

/** One reader's place in a thread. Frames are made when they are pulled, and not before. */
class Reader implements StreamSource {
  private readonly sql: Sql;
  private readonly threadId: string;
  private readonly feed: ThreadFeed;
  private readonly only: string | null;
  private readonly onClose: () => void;
  private seq = 0;
  private answer: Answer | null = null;
  private readonly events: StoredEvent[] = [];
  private readonly frames: StreamFrame[] = [];
  /** Whether the rows have been read once: before that, what came live is not the whole. */
  private begun = false;
  private checkStored = true;
  private ended = false;
  private closed = false;

  constructor(
    sql: Sql,
    threadId: string,
    feed: ThreadFeed,
    only: string | null,
    onClose: () => void,
  ) {
    this.sql = sql;
    this.threadId = threadId;
    this.feed = feed;
    this.only = only;
    this.onClose = onClose;
  }

  async begin(position: StreamPosition, { live, atTurnStart }: Begin): Promise<void> {
    this.seq = position.seq;
    if (atTurnStart) return;
    const last = await lastTurnEvent(this.sql, this.threadId, position.seq);
    if (last?.event.kind === "turn") {
      const { turnId, attempt } = last.event;
      const at = live ? await this.liveLength(turnId, attempt) : position.offset;
      this.answer = { turnId, attempt, at };
    } else if (last && last.seq === position.seq && !live) {
      // Between the frames of a turn's end.
      this.take(last, position.offset);
    }
  }

  private async liveLength(turnId: string, attempt: number): Promise<number> {
    const live = this.feed.lengthOf(turnId, attempt);
    if (live !== null) return live;
    const stored = await storedAnswer(this.sql, turnId);
    return stored?.attempt === attempt ? stored.text.length : 0;
  }

  lookAgain(): void {
    if (!this.answer) return;
    this.checkStored = true;
    this.feed.wake();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClose();
    this.feed.wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<StreamFrame> {
    try {
      for (;;) {
        const frame = await this.next();
        if (!frame) return;
        yield frame;
      }
    } finally {
      this.close();
    }
  }

  private async next(): Promise<StreamFrame | null> {
    for (;;) {
      if (this.closed) return null;
      const ready = this.frames.shift();
      if (ready) return ready;
      if (this.ended) return null;
      // Asked for before looking, so that news in between is not slept through.
      const news = this.feed.changed();
      if (this.events.length === 0 && (this.checkStored || this.feed.seq > this.seq)) {
        const seen = this.begun ? this.feed.eventsAfter(this.seq) : null;
        this.events.push(...(seen ?? (await listEvents(this.sql, this.threadId, this.seq))));
        this.begun = true;
      }
      const text = await this.nextText();
      if (text) return text;
      const event = this.events.shift();
      if (event) this.take(event, 0);
      else if (!this.checkStored && this.feed.seq <= this.seq) await news;
    }
  }

  /** Prose that the reader has not got: all up to the next event, or all there is. */
  private async nextText(): Promise<StreamFrame | null> {
    const { answer } = this;
    const next = this.events[0]?.event;
    if (!answer || this.isForeign(answer.turnId)) {
      this.checkStored = false;
      return null;
    }
    // An earlier attempt's text is gone once a later one has begun.
    if (next?.kind === "turn") return null;
    const until = next && "at" in next && next.turnId === answer.turnId ? next.at : null;
    if (until !== null && answer.at >= until) return null;
    const live = this.feed.slice(answer.turnId, answer.attempt, answer.at, until);
    if (live !== null && live !== "" && !this.checkStored) return this.giveText(answer, live);
    const isGap = live === null && this.feed.lengthOf(answer.turnId, answer.attempt) !== null;
    const mustRead = this.checkStored || isGap || (until !== null && !live);
    const stored = mustRead ? await this.readStored(answer, until) : "";
    // The live text may have come on while the rows were read.
    const text = this.feed.slice(answer.turnId, answer.attempt, answer.at, until) || stored;
    return text === "" ? null : this.giveText(answer, text);
  }

  private giveText(answer: Answer, text: string): StreamFrame {
    answer.at += text.length;
    return textFrame(this.seq, text, answer.at);
  }

  /** What is stored of this attempt beyond what the reader has. */
  private async readStored(answer: Answer, until: number | null): Promise<string> {
    this.checkStored = false;
    const stored = await storedAnswer(this.sql, answer.turnId);
    if (!stored || stored.attempt !== answer.attempt) return "";
    this.feed.join(answer.turnId, answer.attempt, stored.text);
    return stored.text.slice(answer.at, until ?? undefined);
  }

  private isForeign(turnId: string): boolean {
    return this.only !== null && turnId !== this.only;
  }

  /** Moves past an event and queues its frames, but the first `skip`. */
  private take({ seq, event }: StoredEvent, skip: number): void {
    this.seq = seq;
    if (event.kind === "turn") {
      this.answer = { turnId: event.turnId, attempt: event.attempt, at: 0 };
    } else if (event.kind === "turn_end") {
      this.answer = null;
    }
    if (!this.concerns(event)) return;
    for (const [index, frame] of eventFrames(event).entries()) {
      if (index < skip) continue;
      const offset = event.kind === "turn_end" ? index + 1 : (this.answer?.at ?? 0);
      this.frames.push({ id: formatPosition({ seq, offset }), ...frame });
    }
    if (event.kind === "turn_end" && this.only !== null) this.ended = true;
  }

  /** A reader of one turn is told of that turn alone. */
  private concerns(event: ThreadEvent): boolean {
    if (this.only === null) return true;
    return "turnId" in event && event.turnId === this.only;
  }
}
