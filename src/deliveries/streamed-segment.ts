/** One message of an answer, streamed: what is appended is never taken back. */
import type { ChatStream } from "../chat/chat-platform.ts";
import { StreamOver } from "../chat/chat-platform.ts";
import { HostBusy } from "../ports.ts";
import type { SegmentBudget } from "../rendering/segments.ts";
import {
  appendable,
  cutNow,
  cutSegment,
  openSegment,
  renderSegment,
  segmentBody,
} from "../rendering/segments.ts";
import type { AnswerText } from "./answer-text.ts";
import { AnswerRestarted, digest, textContent } from "./segment.ts";
import type { SegmentEnd, Task } from "./segment.ts";

export interface StreamedSegmentDeps {
  stream: ChatStream;
  answer: AnswerText;
  from: number;
  budget: SegmentBudget;
  /** Milliseconds that the stream may stay open. */
  lifetimeMs: number;
  /** The newest news about what is drafted, once each. */
  takeTask(): Task | null;
  assertHeld(): void;
  /** Told whenever text has come to be seen. */
  onShown(): void;
  now(): number;
}

export class StreamedSegment {
  private readonly deps: StreamedSegmentDeps;
  private readonly attempt: number;
  private readonly until: number;
  /** What was appended, as a reader sees it. */
  private written = "";
  /** Up to where in the text that reaches. */
  private sent: number;

  constructor(deps: StreamedSegmentDeps) {
    this.deps = deps;
    this.attempt = deps.answer.attempt;
    this.until = deps.now() + deps.lifetimeMs;
    this.sent = deps.from;
  }

  /** Up to where in the text the message reaches for sure. */
  get reached(): number {
    return this.sent;
  }

  /** Writes until the message or the answer ends. @throws as the stream does; AnswerRestarted */
  async write(): Promise<SegmentEnd> {
    const { answer, stream, now } = this.deps;
    for (;;) {
      answer.assertWhole();
      if (answer.attempt !== this.attempt) throw new AnswerRestarted();
      const end = this.end();
      if (end !== null) return await this.close(end);
      const task = this.deps.takeTask();
      if (!task && this.next() === null) {
        await answer.changed(this.until - now());
        continue;
      }
      this.deps.assertHeld();
      const before = { written: this.written, sent: this.sent };
      try {
        if (task) await stream.showTask(task);
        else await stream.append(() => this.take());
        if (this.written !== "") this.deps.onShown();
      } catch (error) {
        if (!(error instanceof HostBusy)) throw error;
        // Refused, and nothing of it was taken; the stream goes on.
        Object.assign(this, before);
        await answer.changed(Math.min(error.retryAt.getTime() - Date.now(), this.until - now()));
      }
    }
  }

  /** Where the message is to end now; null while it goes on. */
  private end(): number | null {
    const { answer, from, budget, now } = this.deps;
    const cut = cutSegment(answer.text, from, budget);
    if (cut !== null) return Math.max(cut, this.sent);
    if (answer.isFinal) return answer.text.length;
    if (now() < this.until) return null;
    const to = cutNow(answer.text, from, this.sent);
    // Nothing to be seen in it yet: it cannot be left so, and is gone on with as a message that is edited.
    if (to <= from) throw new StreamOver("the stream is too old, and empty");
    return to;
  }

  /** What can be appended to what was, and up to where in the text that reaches. */
  private next(): { text: string; to: number } | null {
    const { answer, from, budget } = this.deps;
    if (answer.attempt !== this.attempt) return null;
    const to = appendable(answer.text, from, budget, { final: answer.isFinal });
    if (to <= this.sent) return null;
    const whole = openSegment(answer.text, from) + segmentBody(answer.text, from, to);
    const text = whole.slice(this.written.length);
    return text.trim() === "" || !whole.startsWith(this.written) ? null : { text, to };
  }

  private take(): string | null {
    const next = this.next();
    if (!next) return null;
    this.written += next.text;
    this.sent = next.to;
    return next.text;
  }

  private async close(to: number): Promise<SegmentEnd> {
    const { answer, from, stream } = this.deps;
    const whole = renderSegment(answer.text, { from, to });
    // Then the message is brought to its text by an edit: nothing may be left out.
    if (!whole.startsWith(this.written)) throw new StreamOver("its text turned out otherwise");
    this.deps.assertHeld();
    await stream.close(whole.slice(this.written.length));
    this.deps.onShown();
    const isLast = answer.isFinal && to >= answer.text.length;
    return { to, isLast, shown: digest(textContent(whole)) };
  }
}
