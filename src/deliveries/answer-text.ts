/** The text of one answer as it comes: grows, may begin anew, and is final at last. */
import type { StreamSource } from "../engine.ts";
import { LookLost } from "../look-runner.ts";
import { News } from "./news.ts";

export class AnswerText extends News {
  /** The prose of the present attempt so far. */
  text = "";
  attempt: number;
  /** Whether nothing of it will change any more. */
  isFinal = false;

  constructor(attempt: number) {
    super();
    this.attempt = attempt;
  }

  /** An answer that is finished. */
  static whole(text: string, attempt: number): AnswerText {
    const answer = new AnswerText(attempt);
    answer.finish(text);
    return answer;
  }

  append(text: string): void {
    this.text += text;
    this.wake();
  }

  /** Another attempt writes the answer from its beginning. */
  restart(attempt: number): void {
    if (attempt === this.attempt && this.text === "") return;
    this.attempt = attempt;
    this.text = "";
    this.wake();
  }

  finish(text: string): void {
    this.text = text;
    this.isFinal = true;
    this.wake();
  }
}

/**
 * Feeds an answer from the frames of its turn.
 *
 * @param stored reads the answer's text and status once the turn has ended
 */
export async function pump(
  source: StreamSource,
  answer: AnswerText,
  stored: () => Promise<string>,
): Promise<void> {
  for await (const { event, data } of source) {
    if (event === undefined && data !== "DONE") {
      answer.append(Buffer.from(data, "base64").toString("utf8"));
    } else if (event === "turn") {
      answer.restart((JSON.parse(data) as { attempt: number }).attempt);
    } else if (event === "changes" || event === "error") {
      return answer.finish(await stored());
    }
  }
  // Closed from here before the turn has ended.
  answer.breakOff(new LookLost("the answer is not followed any more"));
}
