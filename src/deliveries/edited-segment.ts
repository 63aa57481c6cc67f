/** One message of an answer, posted and edited as text comes: the latest text wins. */
import type { ChatContent } from "../chat/card.ts";
import type { Urgency } from "../chat/chat-platform.ts";
import type { SegmentBudget } from "../rendering/segments.ts";
import { cutSegment, previewSegment, renderSegment } from "../rendering/segments.ts";
import type { AnswerText } from "./answer-text.ts";
import { AnswerRestarted, digest, textContent } from "./segment.ts";
import type { SegmentEnd } from "./segment.ts";

export interface EditedSegmentDeps {
  answer: AnswerText;
  from: number;
  budget: SegmentBudget;
  /** Where an earlier worker ended it, in the same text. */
  knownEnd: number | null;
  /** Digest of what it shows; '' where that is not known. */
  shown: string;
  /** Posts the message, or edits it where it stands already. */
  show(take: () => ChatContent | null, urgency: Urgency): Promise<void>;
  assertHeld(): void;
}

/** Between two looks for more text, so that each shows more than a word. */
const PREVIEW_MS = 300;

export class EditedSegment {
  private readonly deps: EditedSegmentDeps;
  private readonly attempt: number;
  private shown: string;

  constructor(deps: EditedSegmentDeps) {
    this.deps = deps;
    this.attempt = deps.answer.attempt;
    this.shown = deps.shown;
  }

  /** Writes until the message or the answer ends. @throws as the platform does; AnswerRestarted */
  async write(): Promise<SegmentEnd> {
    const { answer, from } = this.deps;
    for (;;) {
      answer.assertWhole();
      if (answer.attempt !== this.attempt) throw new AnswerRestarted();
      const to = this.end();
      if (to !== null) {
        await this.put(() => textContent(renderSegment(answer.text, { from, to })), "final");
        return { to, isLast: answer.isFinal && to >= answer.text.length, shown: this.shown };
      }
      const preview = (): ChatContent | null => {
        if (answer.attempt !== this.attempt) return null;
        const markdown = previewSegment(answer.text, from);
        return markdown.trim() === "" ? null : textContent(markdown);
      };
      const seen = answer.version;
      await this.put(preview, "preview");
      if (answer.version === seen) await answer.changed(Number.POSITIVE_INFINITY);
      if (!answer.isFinal) await answer.changed(PREVIEW_MS);
    }
  }

  private end(): number | null {
    const { answer, from, budget, knownEnd } = this.deps;
    if (knownEnd !== null && knownEnd > from && knownEnd <= answer.text.length) {
      const size = budget.measure(renderSegment(answer.text, { from, to: knownEnd }));
      if (size <= budget.limit) return knownEnd;
    }
    const cut = cutSegment(answer.text, from, budget);
    return cut ?? (answer.isFinal ? answer.text.length : null);
  }

  private async put(take: () => ChatContent | null, urgency: Urgency): Promise<void> {
    const now = take();
    if (now === null || digest(now) === this.shown) return;
    this.deps.assertHeld();
    await this.deps.show(() => {
      const latest = take();
      if (latest !== null) this.shown = digest(latest);
      return latest;
    }, urgency);
  }
}
