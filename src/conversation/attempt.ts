import { randomBytes } from "node:crypto";

import type { Budgets } from "../budgets/gate.ts";
import { countUsed, TurnUsage } from "../budgets/turn-usage.ts";
import { nearestLines } from "../changes/locate.ts";
import type { StreamEnd } from "../changes/parser-events.ts";
import type { Passage } from "../changes/placement.ts";
import { supersede } from "../changes/supersede.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type {
  Jobs,
  ModelEvent,
  ModelMessage,
  ModelProvider,
  ModelRequest,
  ModelUsage,
  StreamRelay,
} from "../ports.ts";
import { ModelError } from "../ports.ts";
import type { CurrentDocument } from "../rfcs/documents.ts";
import { listToldChanges } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { listHistory } from "../store/messages.ts";
import type { AnchorRow } from "../store/threads.ts";
import { findAnchor } from "../store/threads.ts";
import type { Lease } from "../store/thread-leases.ts";
import type { RunningTurn, TurnOutcome } from "../store/turns.ts";
import { LeaseLost } from "../store/thread-leases.ts";
import { lastUsage } from "../store/usage.ts";
import type { Tracing } from "../tracing.ts";
import { pause } from "../waiting.ts";
import type { AnswerContext } from "./answer-writer.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { pauseWhileAway } from "./away.ts";
import { buildHistory, tokensPerByte } from "./history.ts";
import type { Models } from "./models.ts";
import { matchRedrawn } from "./match-redrawn.ts";
import { ModelCall } from "./model-call.ts";
import { giveBack, MAX_TOLD, pointOut, stablePrompt, turnPrompt } from "./prompt.ts";

export interface TurnSettings {
  /** How long a thread stays owned without a heartbeat; a dead worker's turn waits at most this long. */
  leaseMs: number;
  /** Partial text is saved, and a cancellation looked for, this often. */
  saveMs: number;
  /** Attempts of one turn that crashes or meets our own failures; the provider's errors end it at once. */
  maxAttempts: number;
  /** The first delay after such a failure; doubled each time. */
  backoffMs: number;
  /** How long an attempt waits for a provider that cannot be reached; 0 for not at all. */
  patienceMs: number;
  historyTokens: number;
  maxTokens: number;
  /** Threads that this process runs at once, at most. */
  slots: number;
  /** Turns of one workspace that run at once, in all processes together; null for any number. */
  perWorkspace: number | null;
}

export interface TurnRunnerDeps {
  sql: Sql;
  relay: StreamRelay;
  jobs: Jobs;
  models: Models;
  /** The document at the tip, with its pending changes brought to it. */
  currentDocument(rfcSlug: string, branchName: string): Promise<CurrentDocument>;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  budgets: Pick<Budgets, "open">;
  /** Millionths of a US dollar for a request; null where the model has no price. */
  costOf(modelId: string, usage: ModelUsage): number | null;
  settings: TurnSettings;
}

/** Why a running turn is broken off. */
export type BreakOff = "cancel" | "lost" | "shutdown";

/** How a request to the model ended; `too_long` is our own limit. */
type Stop = Extract<ModelEvent, { type: "end" }>["stop"] | "too_long";

/** One attempt at one turn. */
export class Attempt {
  private readonly deps: TurnRunnerDeps;
  private readonly lease: Lease;
  private readonly running: RunningTurn;
  private readonly control: AbortController;
  private writer: AnswerWriter | null = null;
  private usage: TurnUsage | null = null;

  constructor(deps: TurnRunnerDeps, lease: Lease, running: RunningTurn, control: AbortController) {
    this.deps = deps;
    this.lease = lease;
    this.running = running;
    this.control = control;
  }

  /** How the turn ends; or that it is to be run again, at once by somebody else, or later. */
  async run(): Promise<TurnOutcome | "handed over" | "later"> {
    const { settings } = this.deps;
    if (this.running.turn.attempt > settings.maxAttempts) {
      return this.failed("The answer was interrupted too often; ask again.", this.newErrorId());
    }
    const began = performance.now();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.answer();
      } catch (error) {
        const waitedMs = performance.now() - began;
        const pauseMs = pauseWhileAway(error, tries, { waitedMs, longestMs: settings.patienceMs });
        if (pauseMs === null || this.hasBegun || this.control.signal.aborted) {
          return this.decideFailure(error);
        }
        this.deps.logger.warn(
          { err: error, turnId: this.running.turn.id, pauseMs },
          "the model is away",
        );
        await pause(pauseMs, this.control.signal);
      }
    }
  }

  /** Whether anything of the answer can be seen. */
  private get hasBegun(): boolean {
    return this.writer !== null && this.writer.written !== "";
  }

  private async answer(): Promise<TurnOutcome> {
    const { running, deps } = this;
    const provider = await deps.models.providerOf(running.modelId);
    const [document, last] = await Promise.all([
      deps.currentDocument(running.thread.rfcSlug, running.thread.branchName),
      lastUsage(deps.sql, running.thread.id),
    ]);
    // What was used before a pause for the provider counts as well.
    this.usage ??= new TurnUsage(
      (usage) => deps.costOf(running.modelId, usage),
      last,
      countUsed(deps.metrics, running.modelId),
    );
    // Read after the document: getting that may have moved the passage.
    const anchor = running.thread.anchor ? await findAnchor(deps.sql, running.thread.id) : null;
    const nonce = randomBytes(4).toString("hex");
    const request = await this.request(document, anchor, nonce, tokensPerByte(last));
    const context: AnswerContext = {
      sql: deps.sql,
      relay: deps.relay,
      metrics: deps.metrics,
      lease: this.lease,
      running,
      nonce,
      document,
      within: passageIn(anchor, document),
    };
    this.writer = new AnswerWriter(context);
    const saver = setInterval(() => void this.savePartial(), deps.settings.saveMs);
    try {
      const end = await this.stream(provider, request);
      if (end !== "complete" || this.writer.unlocated.length === 0) return this.done(end);
      return this.done(await this.giveBack(provider, request, context));
    } finally {
      clearInterval(saver);
    }
  }

  private async request(
    document: CurrentDocument,
    anchor: AnchorRow | null,
    nonce: string,
    perByte: number,
  ): Promise<ModelRequest> {
    const { deps, running } = this;
    const { thread } = running;
    const { historyTokens, maxTokens } = deps.settings;
    const [history, changes] = await Promise.all([
      listHistory(deps.sql, thread.id, running.messageSeq, Math.ceil(historyTokens / perByte)),
      listToldChanges(deps.sql, thread.id, MAX_TOLD),
    ]);
    return {
      model: running.modelId,
      stablePrompt: stablePrompt(document.rfc.title, document.rfc.path, document.index.text),
      turnPrompt: turnPrompt({
        nonce,
        passage: anchor && pointOut(anchor.placement, anchor.staleSince !== null),
        changes,
      }),
      messages: buildHistory(history.rows, {
        older: history.older,
        budgetTokens: historyTokens,
        tokensPerByte: perByte,
      }),
      maxTokens,
      ids: { threadId: thread.id, turnId: running.turn.id },
    };
  }

  private async stream(provider: ModelProvider, request: ModelRequest): Promise<Stop> {
    const call = new ModelCall(this.deps, request.model);
    try {
      const stop = await this.read(provider, request, call);
      call.end(stop);
      return stop;
    } catch (error) {
      if (this.control.signal.aborted) call.end("aborted");
      else call.end("failed", error);
      throw error;
    }
  }

  private async read(
    provider: ModelProvider,
    request: ModelRequest,
    call: ModelCall,
  ): Promise<Stop> {
    const writer = this.writer!;
    let stop: Stop = "complete";
    let how: StreamEnd = "error";
    try {
      this.control.signal.throwIfAborted();
      this.usage!.begin(request);
      for await (const event of provider.stream(request, this.control.signal)) {
        if (event.type === "text") {
          call.textCame();
          this.usage!.read(event.text);
          await writer.write(event.text);
          if (writer.isFull) {
            // Leaving the loop ends the request.
            stop = "too_long";
            break;
          }
        } else {
          stop = event.stop;
          call.used(event.usage);
          this.usage!.count(event.usage);
        }
      }
      // A provider may end quietly when it is aborted; the answer is not whole then.
      this.control.signal.throwIfAborted();
      how = stop === "max_tokens" || stop === "too_long" ? "max_tokens" : "complete";
    } catch (error) {
      if (this.control.signal.aborted) how = "abort";
      throw error;
    } finally {
      this.usage!.settle(this.control.signal.aborted ? "broken off" : "ended");
      if (this.control.signal.reason !== "lost") await writer.end(how);
    }
    return stop;
  }

  /** Gives the blocks that were not found back to the model, once; how its reply ended. */
  private async giveBack(
    provider: ModelProvider,
    request: ModelRequest,
    context: AnswerContext,
  ): Promise<Stop> {
    const writer = this.writer!;
    const lost = writer.unlocated;
    const first = writer.changes.length;
    const unlocated = lost.map(({ original }) => ({
      original,
      nearest: nearestLines(context.document.index, original),
    }));
    const messages: ModelMessage[] = [
      ...request.messages,
      { role: "assistant", content: writer.written },
      { role: "user", content: giveBack(context.nonce, unlocated) },
    ];
    writer.beginGiveBack(lost.length);
    try {
      return await this.stream(provider, { ...request, messages });
    } catch (error) {
      // The answer itself is whole; the blocks stay as they are, shown as not located.
      if (!(error instanceof ModelError)) throw error;
      this.deps.logger.warn({ err: error, turnId: this.running.turn.id }, "the give-back failed");
      return "complete";
    } finally {
      // Also when it was stopped half-way: what was written again must not stand twice.
      const pairs = matchRedrawn(lost, writer.changes.slice(first));
      writer.replace(pairs);
      if (this.control.signal.reason !== "lost") {
        const replaced = pairs.map(({ lostId }) => lostId);
        await supersede(this.deps, this.lease.threadId, replaced);
      }
    }
  }

  private async savePartial(): Promise<void> {
    try {
      const { cancelRequested } = await this.writer!.save();
      if (cancelRequested) this.control.abort("cancel" satisfies BreakOff);
    } catch (error) {
      if (error instanceof LeaseLost) this.control.abort("lost" satisfies BreakOff);
    }
  }

  private done(stop: Stop): TurnOutcome {
    const writer = this.writer!;
    const notes: string[] = [];
    const isCut = stop === "max_tokens" || stop === "too_long";
    if (isCut) {
      const limit =
        stop === "too_long" ? "at the longest that is kept" : "at the model's token limit";
      notes.push(`The answer was cut ${limit}; ask Redline to go on to have the rest.`);
    } else if (stop === "refusal") {
      notes.push("The model declined to go on with this answer; ask in another way.");
    } else if (writer.prose.trim() === "" && writer.changes.length === 0) {
      notes.push("The model answered nothing; ask again.");
    }
    return {
      state: "done",
      text: writer.prose,
      changeIds: writer.changeIds,
      status: isCut ? "cut" : "complete",
      ...this.used(),
      error: null,
      errorId: null,
      notes,
    };
  }

  private decideFailure(error: unknown): TurnOutcome | "handed over" | "later" {
    const { logger, settings } = this.deps;
    const { turn } = this.running;
    const reason: unknown = this.control.signal.reason;
    if (error instanceof LeaseLost || reason === "lost")
      throw new LeaseLost("broken off", { cause: error });
    if (reason === "shutdown") return "handed over";
    if (reason === "cancel") return this.cancelled();
    const { patienceMs, maxAttempts } = settings;
    if (error instanceof ModelError && error.isAway && this.hasBegun && patienceMs > 0) {
      // What was begun is taken back by the next attempt.
      if (turn.attempt < maxAttempts) return "later";
    }
    if (error instanceof ModelError || error instanceof UserError) {
      logger.warn({ err: error, turnId: turn.id }, "the turn failed");
      return this.failed(error.message, null);
    }
    const errorId = this.newErrorId();
    logger.error({ err: error, turnId: turn.id, errorId, attempt: turn.attempt }, "the turn broke");
    if (turn.attempt < settings.maxAttempts) return "later";
    return this.failed(
      `Something failed on our side; the log has it under ${errorId}. Ask again.`,
      errorId,
    );
  }

  private cancelled(): TurnOutcome {
    return {
      state: "cancelled",
      text: this.writer?.prose ?? "",
      changeIds: this.writer?.changeIds ?? [],
      status: "stopped",
      ...this.used(),
      error: null,
      errorId: null,
      notes: ["The answer was stopped."],
    };
  }

  private failed(sentence: string, errorId: string | null): TurnOutcome {
    return {
      state: "failed",
      text: this.writer?.prose ?? "",
      changeIds: this.writer?.changeIds ?? [],
      status: "failed",
      ...this.used(),
      error: sentence,
      errorId,
      notes: [sentence],
    };
  }

  /** Also of an answer that was broken off, or is begun anew, here or elsewhere: it is paid for. */
  used(): Pick<TurnOutcome, "usage" | "costMicrodollars" | "firstTextAgoMs"> {
    const { sum: usage = null, costMicrodollars = null } = this.usage ?? {};
    return { usage, costMicrodollars, firstTextAgoMs: this.writer?.shownForMs ?? null };
  }

  private newErrorId(): string {
    return randomBytes(4).toString("hex");
  }
}

/** The thread's passage in this very version of the document. */
function passageIn(anchor: AnchorRow | null, document: CurrentDocument): Passage | null {
  const isHere = anchor?.staleSince === null && anchor.blobSha === document.blobSha;
  return isHere ? anchor.placement.passage : null;
}
