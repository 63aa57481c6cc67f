/** The line beside an answer that says what the model is drafting. */
import { oneLine } from "../one-line.ts";
import type { LiveMessage } from "../ports.ts";
import type { Task } from "./segment.ts";

export class DraftLine {
  private task: Task = { id: "draft-0", title: "Drafting an edit …", done: true };
  private isNew = false;
  private count = 0;

  /** Answers with the status that says so, where one has begun. */
  note({ ended, section }: Extract<LiveMessage, { type: "drafting" }>): string | null {
    this.isNew = true;
    if (ended) {
      const title = this.task.title.replace(/^Drafting (.*) …$/u, "Drafted $1");
      this.task = { ...this.task, title, done: true };
      return null;
    }
    // Its section is told once it is known: that is the same draft.
    if (section === null) this.count += 1;
    const heading = oneLine(section?.at(-1) ?? "");
    const where = heading === "" ? "" : ` to § ${heading}`;
    this.task = { id: `draft-${this.count}`, title: `Drafting an edit${where} …`, done: false };
    return `is drafting an edit${where}…`;
  }

  /** What is not told yet. */
  take(): Task | null {
    const task = this.isNew ? this.task : null;
    this.isNew = false;
    return task;
  }
}
