import type { DocumentIndex } from "../changes/document-index.ts";
import { locateEdit } from "../changes/locate.ts";
import type {
  BlockFields,
  MalformedCode,
  ParserEvent,
  ParserWarning,
  StreamEnd,
} from "../changes/parser-events.ts";
import { DEFAULT_LIMITS } from "../changes/parser-events.ts";
import { ChangeParser } from "../changes/parser.ts";
import type { Passage } from "../changes/placement.ts";
import type { Metrics } from "../metrics.ts";
import type { StreamRelay } from "../ports.ts";
import { threadTopic } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import type { InsertedRow } from "../store/answers.ts";
import { insertLooseBlock, insertTurnChange, savePartial } from "../store/answers.ts";
import type { Lease } from "../store/thread-leases.ts";
import type { RunningTurn } from "../store/turns.ts";
import type { ThreadEvent } from "./thread-event.ts";
import type { Replacement, WrittenChange } from "./match-redrawn.ts";
import { DraftNotice } from "./draft-notice.ts";
import { WellFormedText } from "./well-formed.ts";

/** After these a block may have been meant differently, so a person has to look. */
const DOUBTFUL: ReadonlySet<ParserWarning> = new Set([
  "literal_close_tag",
  "literal_open_tag",
  "opened_inside_field",
]);

export interface AnswerContext {
  sql: Sql;
  relay: StreamRelay;
  metrics: Metrics;
  lease: Lease;
  running: RunningTurn;
  nonce: string;
  document: { index: DocumentIndex; blobSha: string };
  /** The thread's own passage: of several places, the one in it is meant. */
  within: Passage | null;
}

/** The longest answer that is kept, in UTF-16 units: what the parser looks for blocks in. */
const MAX_ANSWER = DEFAULT_LIMITS.reply;

/**
 * Turns the model's text into the answer: prose goes to the relay as it comes, a closed block becomes a row
 * before anything after it is shown. Calls must not overlap.
 */
export class AnswerWriter {
  /** In the order of their blocks. */
  readonly changes: WrittenChange[] = [];
  /** The prose so far. */
  prose = "";
  /** All that the model wrote, blocks included, for a give-back. */
  written = "";
  private readonly context: AnswerContext;
  private readonly text = new WellFormedText();
  private readonly notice: DraftNotice;
  private parser: ChangeParser;
  private readonly events: ParserEvent[] = [];
  private blocks = 0;
  private loose = 0;
  private length = 0;
  private saved = "";
  /** When the first of it was shown, by this process's own clock. */
  private shownAt: number | null = null;
  /** Set while the reply to a give-back is read: how many changes it was asked for. */
  private asked: number | null = null;

  constructor(context: AnswerContext) {
    this.context = context;
    const { relay, lease, running, document } = context;
    this.notice = new DraftNotice(document.index, (draft) =>
      relay.publish(threadTopic(lease.threadId), {
        type: "drafting",
        turnId: running.turn.id,
        ...draft,
      }),
    );
    this.parser = this.newParser();
  }

  /** Changes whose passage was not found. */
  get unlocated(): WrittenChange[] {
    return this.changes.filter((change) => !change.isLocated);
  }

  /** Milliseconds since anything of it could be seen; null while nothing can. */
  get shownForMs(): number | null {
    return this.shownAt === null ? null : performance.now() - this.shownAt;
  }

  /** Whether no more of this answer is taken. */
  get isFull(): boolean {
    return this.length >= MAX_ANSWER;
  }

  private newParser(): ChangeParser {
    return new ChangeParser({
      nonce: this.context.nonce,
      emit: (event) => this.events.push(event),
    });
  }

  async write(delta: string): Promise<void> {
    await this.feed(this.text.write(delta));
  }

  async end(how: StreamEnd): Promise<void> {
    await this.feed(this.text.end());
    this.parser.end(how);
    await this.handleEvents();
  }

  /**
   * Begins the reply to a give-back. Only changes are taken from it, no more than were asked for, and none
   * that the answer has already: models like to repeat themselves.
   */
  beginGiveBack(asked: number): void {
    this.parser = this.newParser();
    this.asked = asked;
    this.written = "";
  }

  /** Puts what was written again in the place of what it stands for. */
  replace(pairs: readonly Replacement[]): void {
    for (const { lostId, redrawnId } of pairs) {
      const [redrawn] = this.changes.splice(
        this.changes.findIndex(({ id }) => id === redrawnId),
        1,
      );
      this.changes.splice(
        this.changes.findIndex(({ id }) => id === lostId),
        1,
        redrawn!,
      );
    }
  }

  /** In the order of their blocks. */
  get changeIds(): string[] {
    return this.changes.map(({ id }) => id);
  }

  /** Saves the prose, unless it is saved already; says whether the turn is to be cancelled. */
  async save(): Promise<{ cancelRequested: boolean }> {
    const { prose } = this;
    if (prose === this.saved) return { cancelRequested: false };
    const result = await savePartial(
      this.context.sql,
      this.context.lease,
      this.context.running,
      prose,
    );
    this.saved = prose;
    return result;
  }

  private async feed(text: string): Promise<void> {
    if (text === "") return;
    this.written += text;
    this.length += text.length;
    this.parser.write(text);
    await this.handleEvents();
  }

  private async handleEvents(): Promise<void> {
    for (const event of this.events.splice(0)) {
      this.notice.see(event);
      if (event.type === "change") await this.addChange(event);
      else if (this.asked !== null) continue;
      else if (event.type === "text") this.tell(event.text);
      else if (event.type === "malformed") {
        await this.addLooseBlock("malformed", event.code, event.partial);
      } else if (event.type === "quoted") {
        await this.addLooseBlock(event.why, null, event.fields);
      }
    }
  }

  private tell(text: string): void {
    const { running, relay, lease } = this.context;
    this.shownAt ??= performance.now();
    const at = this.prose.length;
    this.prose += text;
    relay.publish(threadTopic(lease.threadId), {
      type: "text",
      turnId: running.turn.id,
      attempt: running.turn.attempt,
      at,
      text,
    });
  }

  private async addChange(event: Extract<ParserEvent, { type: "change" }>): Promise<void> {
    this.shownAt ??= performance.now();
    const { sql, lease, running, document, within } = this.context;
    const { original, proposed, reason, after, before } = event.fields;
    if (this.asked !== null) {
      const known = this.changes.some(
        (change) =>
          change.isLocated && change.original === original && change.proposed === proposed,
      );
      if (known || this.asked === 0) return;
      this.asked -= 1;
    }
    const sure = !event.warnings.some((warning) => DOUBTFUL.has(warning));
    const placement = locateEdit(
      document.index,
      {
        original,
        proposed,
        ...(after !== undefined && { after }),
        ...(before !== undefined && { before }),
      },
      { ...(sure ? {} : { atMost: "ask" as const }), ...(within && { within }) },
    );
    const row = await insertTurnChange(
      sql,
      lease,
      running,
      {
        threadId: lease.threadId,
        original,
        proposed,
        reason: reason ?? "",
        insertAfter: after ?? null,
        insertBefore: before ?? null,
        warnings: [...event.warnings],
        placement,
        baseBlobSha: document.blobSha,
      },
      { ordinal: this.blocks, text: this.prose },
    );
    this.context.metrics.count("changes_total", { state: "pending" });
    this.blocks += 1;
    this.changes.push({
      id: row.id,
      original: original || after || before || "",
      proposed,
      isLocated: placement.certainty !== "none",
    });
    const { turn } = running;
    const at = this.prose.length;
    this.announce(row, { kind: "change", changeId: row.id, turnId: turn.id, at });
  }

  private async addLooseBlock(
    kind: "malformed" | "fenced" | "unmarked",
    code: MalformedCode | null,
    fields: BlockFields,
  ): Promise<void> {
    const { sql, lease, running } = this.context;
    const point = { ordinal: this.loose, text: this.prose };
    this.loose += 1;
    const row = await insertLooseBlock(sql, lease, running, { kind, code, fields }, point);
    const at = this.prose.length;
    this.announce(row, { kind: "block", blockId: row.id, turnId: running.turn.id, at });
  }

  private announce(row: InsertedRow, event: ThreadEvent): void {
    const { relay, lease } = this.context;
    this.saved = this.prose;
    relay.publish(threadTopic(lease.threadId), { type: "event", seq: row.eventSeq, event });
  }
}
