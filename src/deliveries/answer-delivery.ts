/** Shows one answer in one place, in as many messages as it takes. */
import type { ChatPerson } from "../chat/chat-event.ts";
import type { ChatPlatform, ChatStream } from "../chat/chat-platform.ts";
import {
  MessageGone,
  PlaceRefused,
  SendUncertain,
  StreamOver,
  StreamStopped,
} from "../chat/chat-platform.ts";
import type { Logger } from "../log.ts";
import type { LookControl } from "../look-runner.ts";
import { previewSegment, renderSegment } from "../rendering/segments.ts";
import type { Sql } from "../store/database.ts";
import type { Delivery, HeldPlace } from "../store/deliveries.ts";
import { dropDelivery, ensureDelivery, settleAnswer, updateDelivery } from "../store/deliveries.ts";
import { settledWithin } from "../waiting.ts";
import type { AnswerText } from "./answer-text.ts";
import { EditedSegment } from "./edited-segment.ts";
import type { Postings } from "./postings.ts";
import type { SegmentEnd, Task } from "./segment.ts";
import { AnswerRestarted, textContent } from "./segment.ts";
import { StreamedSegment } from "./streamed-segment.ts";

export interface AnswerDeliveryDeps {
  sql: Sql;
  platform: ChatPlatform;
  postings: Postings;
  place: HeldPlace;
  control: LookControl;
  logger: Logger;
  /** Whom it answers, where the platform wants to know. */
  to: ChatPerson | null;
  takeTask(): Task | null;
  /** Takes away what says that Redline is at work. */
  rest(): Promise<void>;
  /** A person stopped it with the platform's own button. */
  stop(): Promise<void>;
  /** Told once, when the first text can be seen, unless some was seen before. */
  onFirstText(): void;
  now(): number;
}

const REFUSED = "This part of the answer could not be shown here; it is in the console.";

/** Whether the message cannot be shown, however often that is tried. */
function isLost(error: unknown): boolean {
  const isRefused = error instanceof PlaceRefused && error.scope === "content";
  return isRefused || error instanceof MessageGone;
}

/** For clearing the status line; what takes longer is tried again beside what follows. */
export const REST_MS = 3_000;

export class AnswerDelivery {
  private readonly deps: AnswerDeliveryDeps;
  private readonly messageId: string;
  private readonly answer: AnswerText;
  /** The messages of the answer, by segment. */
  private rows: Delivery[];
  private isSeen: boolean;

  constructor(
    deps: AnswerDeliveryDeps,
    given: { messageId: string; answer: AnswerText; rows: readonly Delivery[] },
  ) {
    this.deps = deps;
    this.messageId = given.messageId;
    this.answer = given.answer;
    this.rows = given.rows.toSorted((a, b) => a.segment - b.segment);
    this.isSeen = given.rows.some(({ platformMessageId }) => platformMessageId !== null);
  }

  /** Resolves once the whole answer is shown and nothing of it looks unfinished. */
  async run(): Promise<void> {
    const { sql, place } = this.deps;
    await this.settlePredecessor();
    let last: number;
    for (;;) {
      try {
        last = await this.showAll();
        break;
      } catch (error) {
        if (!(error instanceof AnswerRestarted)) throw error;
        await this.settlePredecessor();
      }
    }
    await this.dropAfter(last);
    // Before it is settled: what a crash leaves standing until then is found by the next look.
    await settledWithin(this.deps.rest(), REST_MS);
    if (last < 0) return this.nothingToShow();
    await settleAnswer(sql, place.linkId, this.messageId);
  }

  /** Ends streams that another worker, or an earlier attempt, left open; from here on they are edited. */
  private async settlePredecessor(): Promise<void> {
    const { platform, place, postings, control } = this.deps;
    for (const row of this.rows) {
      if (row.state === "posting" && !(await postings.adopt(row))) continue;
      if (row.state !== "live" || row.platformMessageId === null) continue;
      if (row.textTo !== null && row.shown !== "") continue;
      control.assertHeld();
      await platform.endStream(place, row.platformMessageId);
      row.shown = "";
    }
  }

  /** Shows every segment; the number of the last one, −1 when there is nothing to be seen. */
  private async showAll(): Promise<number> {
    const { answer } = this;
    let from = 0;
    for (let segment = 0; ; segment += 1) {
      if (!(await this.hasText(from))) return segment - 1;
      const row = await this.row(segment, from);
      const end = row.state === "removed" ? null : await this.showSegment(row, from);
      // Somebody does not want to see it: then the rest is not shown either.
      if (end === null) return segment;
      const { to, isLast, shown } = end;
      const set = { shown, textFrom: from, textTo: to, attempt: answer.attempt };
      await updateDelivery(this.deps.sql, row.id, { state: "live", ...set });
      Object.assign(row, { state: "live", ...set });
      if (isLast) return segment;
      from = to;
    }
  }

  /** Waits for something to show from an offset on; false when the answer ends without. */
  private async hasText(from: number): Promise<boolean> {
    const { answer } = this;
    const { attempt } = answer;
    for (;;) {
      answer.assertWhole();
      if (answer.attempt !== attempt) throw new AnswerRestarted();
      if (answer.isFinal) {
        return renderSegment(answer.text, { from, to: answer.text.length }).trim() !== "";
      }
      // The first begins at once. What follows may be the end of a fence alone, which is nothing to be seen.
      const seen = from === 0 ? answer.text : previewSegment(answer.text, from);
      if (seen.trim() !== "") return true;
      await answer.changed(Number.POSITIVE_INFINITY);
    }
  }

  private async row(segment: number, from: number): Promise<Delivery> {
    const known = this.rows[segment];
    if (known) return known;
    const { sql, place } = this.deps;
    const subject = { kind: "answer" as const, subjectId: this.messageId, segment, textFrom: from };
    const row = await ensureDelivery(sql, place.linkId, subject);
    this.rows.push(row);
    return row;
  }

  /** Null when the message was removed, or is not taken. */
  private async showSegment(row: Delivery, from: number): Promise<SegmentEnd | null> {
    try {
      if (row.platformMessageId === null && !this.answer.isFinal) {
        const stream = await this.openStream(row, from);
        if (stream) return await this.writeStream(row, stream, from);
      }
      return await this.edit(row, from);
    } catch (error) {
      if (!isLost(error)) throw error;
      this.deps.logger.warn(
        { err: error, deliveryId: row.id },
        "an answer is not shown any further",
      );
      if (error instanceof PlaceRefused) await this.sayRefused(row);
      await updateDelivery(this.deps.sql, row.id, { state: "removed" });
      return null;
    }
  }

  /** What the platform does not take is not left out without a word. */
  private async sayRefused(row: Delivery): Promise<void> {
    try {
      await this.deps.postings.show(row, () => textContent(REFUSED), "final");
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }

  private async openStream(row: Delivery, from: number): Promise<ChatStream | null> {
    const { sql, platform, place, postings, to, control } = this.deps;
    if (platform.limits.streamed === null) return null;
    await postings.begin(row);
    control.assertHeld();
    let stream: ChatStream | null;
    try {
      stream = await platform.openStream(place, to, () => control.assertHeld());
    } catch (error) {
      if (!(error instanceof SendUncertain)) {
        await postings.unbegin(row);
        throw error;
      }
      // What is found is gone on with as a message that is edited.
      if (await postings.adopt(row)) await platform.endStream(place, row.platformMessageId!);
      return null;
    }
    if (!stream) {
      await postings.unbegin(row);
      return null;
    }
    row.platformMessageId = stream.id;
    row.state = "live";
    // Should this fail, the row says that something was begun, and the next look finds the stream.
    const set = { platformMessageId: stream.id, textFrom: from, attempt: this.answer.attempt };
    await updateDelivery(sql, row.id, { state: "live", ...set });
    return stream;
  }

  /** Writes a stream; where that breaks off, the message is brought to an end by editing it. */
  private async writeStream(
    row: Delivery,
    stream: ChatStream,
    from: number,
  ): Promise<SegmentEnd | null> {
    const { platform, place, control, takeTask, now, logger, stop } = this.deps;
    const { streamed, streamMs } = platform.limits;
    const writer = new StreamedSegment({
      stream,
      answer: this.answer,
      from,
      budget: streamed!,
      lifetimeMs: streamMs,
      takeTask,
      assertHeld: () => control.assertHeld(),
      onShown: () => this.noteShown(),
      now,
    });
    try {
      return await writer.write();
    } catch (error) {
      const isBroken =
        error instanceof StreamOver ||
        error instanceof SendUncertain ||
        error instanceof StreamStopped ||
        (error instanceof PlaceRefused && error.scope === "content");
      if (!isBroken) throw error;
      logger.info({ err: error, deliveryId: row.id }, "a stream broke off; its message is edited");
      if (error instanceof StreamStopped) await stop();
      control.assertHeld();
      await platform.endStream(place, stream.id);
      row.shown = "";
      return await this.edit(row, from);
    }
  }

  private edit(row: Delivery, from: number): Promise<SegmentEnd> {
    const { platform, postings, control } = this.deps;
    const isSameText = row.attempt === this.answer.attempt && row.textFrom === from;
    const writer = new EditedSegment({
      answer: this.answer,
      from,
      budget: platform.limits.posted,
      knownEnd: isSameText ? row.textTo : null,
      shown: isSameText ? row.shown : "",
      show: async (take, urgency) => {
        await postings.show(row, take, urgency);
        this.noteShown();
      },
      assertHeld: () => control.assertHeld(),
    });
    return writer.write();
  }

  private noteShown(): void {
    if (this.isSeen) return;
    this.isSeen = true;
    this.deps.onFirstText();
  }

  /** An earlier attempt needed more messages. */
  private async dropAfter(last: number): Promise<void> {
    const { sql, platform, place, control } = this.deps;
    for (const row of this.rows.splice(last + 1)) {
      control.assertHeld();
      if (row.platformMessageId !== null) await platform.remove(place, row.platformMessageId);
      await dropDelivery(sql, row.id);
    }
  }

  /** Nothing to be seen, such as an answer of changes alone: that is settled, too. */
  private async nothingToShow(): Promise<void> {
    const { sql, place } = this.deps;
    const row = await ensureDelivery(sql, place.linkId, {
      kind: "answer",
      subjectId: this.messageId,
    });
    await updateDelivery(sql, row.id, { state: "removed" });
  }
}
