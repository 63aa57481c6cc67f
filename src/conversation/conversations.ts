import { describeNotAllowed } from "../budgets/describe.ts";
import { isAllowed } from "../budgets/rules.ts";
import { CONSOLE_SHARE } from "../budgets/share.ts";
import type { Placement } from "../changes/placement.ts";
import type { NewMessage, NewThread, ThreadView, User } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { Jobs, StreamRelay } from "../ports.ts";
import { PLACES_TOPIC, threadTopic } from "../ports.ts";
import type { CurrentDocument } from "../rfcs/documents.ts";
import { listThreadChanges } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { isUuid, violates } from "../store/database.ts";
import { listDecisions } from "../store/decisions.ts";
import { eventSeqs, lastTurnEvent } from "../store/events.ts";
import { findLooseBlock, listLooseBlocks, settleLooseBlock } from "../store/loose-blocks.ts";
import {
  findByDedupKey,
  insertRemark,
  insertUserMessage,
  listMessages,
} from "../store/messages.ts";
import { findThread, insertThread, lockThreads, updateThread } from "../store/threads.ts";
import { findTurn, insertRetry, listTurns } from "../store/turns.ts";
import { assertStorable } from "../storable.ts";
import { cancelTurn } from "./cancel-turn.ts";
import { anchorPlacement } from "./anchor-placement.ts";
import { describeRepair } from "./describe-repair.ts";
import type { Models } from "./models.ts";
import { formatPosition } from "./stream-frames.ts";
import { transact } from "./transact.ts";
import type { Thread, Turn } from "./thread.ts";

export interface ConversationDeps {
  sql: Sql;
  relay: StreamRelay;
  jobs: Jobs;
  models: Models;
  ensureBranch(rfcSlug: string, branchName: string): Promise<void>;
  currentDocument(rfcSlug: string, branchName: string): Promise<CurrentDocument>;
  /** Patterns of the models that a workspace may use; null: all. */
  allowedIn(share: string): Promise<readonly string[] | null>;
}

/** Characters of one message; a longer text belongs into the document or a file. */
export const MAX_MESSAGE = 64_000;
const MAX_TITLE = 200;
const MAX_KEY = 200;

/** Threads, what people say in them, and the turns that they ask for. */
export class Conversations {
  private readonly deps: ConversationDeps;

  constructor(deps: ConversationDeps) {
    this.deps = deps;
  }

  /** @throws UserError */
  async create(input: NewThread, by: User): Promise<Thread> {
    const { sql } = this.deps;
    const title = input.title?.trim() ?? "";
    assertStorable(title, "title");
    assertStorable(input.branchName, "branch name");
    if (title.length > MAX_TITLE) {
      throw new UserError("too-large", `A title has at most ${MAX_TITLE} characters.`);
    }
    await this.deps.ensureBranch(input.rfcSlug, input.branchName);
    return insertThread(sql, {
      rfcSlug: input.rfcSlug,
      branchName: input.branchName,
      kind: input.kind,
      title: title || null,
      anchor: await this.anchor(input),
      createdBy: by.id,
    });
  }

  private async anchor(
    input: NewThread,
  ): Promise<{ placement: Placement; blobSha: string } | null> {
    const anchored = input.kind === "range" || input.kind === "paragraph";
    if (!anchored) {
      if (input.anchor === undefined) return null;
      throw new UserError(
        "invalid-request",
        `A ${input.kind} thread is about the whole document and takes no anchor.`,
      );
    }
    if (input.anchor === undefined) {
      throw new UserError(
        "invalid-request",
        `A ${input.kind} thread needs an anchor: the passage that it is about.`,
      );
    }
    const document = await this.deps.currentDocument(input.rfcSlug, input.branchName);
    const placement = anchorPlacement(document, input.anchor);
    return { placement, blobSha: document.blobSha };
  }

  /** @throws UserError not-found */
  async view(threadId: string): Promise<ThreadView> {
    const { sql } = this.deps;
    const thread = await this.find(threadId);
    // The position is read first: what happens while the rest is read is told again by the stream.
    const seq = (await eventSeqs(sql, [threadId])).get(threadId) ?? 0;
    const running = await lastTurnEvent(sql, threadId, seq);
    const [messages, changes, decisions, looseBlocks, turns] = await Promise.all([
      listMessages(sql, threadId),
      listThreadChanges(sql, threadId),
      listDecisions(sql, threadId),
      listLooseBlocks(sql, threadId),
      listTurns(sql, threadId),
    ]);
    let offset = 0;
    if (running?.event.kind === "turn") {
      const { messageId } = running.event;
      offset = messages.find((message) => message.id === messageId)?.text.length ?? 0;
    } else if (running?.seq === seq) offset = ALL_FRAMES;
    const lastEventId = formatPosition({ seq, offset });
    return { thread, messages, changes, decisions, looseBlocks, turns, lastEventId };
  }

  close(threadId: string): Promise<Thread> {
    return this.update(threadId, { state: "closed" });
  }

  reopen(threadId: string): Promise<Thread> {
    return this.update(threadId, { state: "open" });
  }

  /** @throws UserError unknown-model | model-not-allowed */
  async chooseModel(
    threadId: string,
    modelId: string | null,
    share: string = CONSOLE_SHARE,
  ): Promise<Thread> {
    if (modelId !== null) await this.assertModel(modelId, share);
    return this.update(threadId, { modelId });
  }

  private async update(
    threadId: string,
    set: { state?: "open" | "closed"; modelId?: string | null },
  ): Promise<Thread> {
    return transact(this.deps.sql, this.deps.relay, async (tx, emit) => {
      const thread = await updateThread(tx, threadId, set);
      if (!thread) throw noSuchThread();
      await emit(threadId, { kind: "thread" });
      return thread;
    });
  }

  /** Stores a message and asks for a turn. @throws UserError */
  async post(
    threadId: string,
    message: NewMessage,
    by: User,
  ): Promise<{ messageId: string; turnId: string }> {
    const { sql, relay, jobs } = this.deps;
    assertMessage(message);
    // Only in the console a message may choose; elsewhere the thread does.
    if (message.model !== undefined) await this.assertModel(message.model, CONSOLE_SHARE);
    if (!isUuid(threadId)) throw noSuchThread();
    const dedupKey = message.dedupKey ?? null;
    try {
      const row = {
        threadId,
        authorUserId: by.id,
        text: message.text,
        quote: message.quote ?? null,
        modelId: message.model ?? null,
        dedupKey,
        saidIn: message.saidIn ?? null,
        origin: message.origin ?? null,
      };
      const stored = await sql.begin((tx) => insertUserMessage(tx, row));
      if (!stored) {
        await this.find(threadId);
        throw threadClosed();
      }
      const event = { kind: "message", messageId: stored.messageId, role: "user" };
      relay.publish(threadTopic(threadId), { type: "event", seq: stored.eventSeq, event });
      const { places } = stored;
      if (places.length > 0) relay.publish(PLACES_TOPIC, { type: "places", linkIds: places });
      jobs.wakeThread(threadId, message.origin?.traceparent ?? null);
      return { messageId: stored.messageId, turnId: stored.turnId };
    } catch (error) {
      if (dedupKey !== null && violates(error, "thread_messages_dedup")) {
        const first = await findByDedupKey(sql, threadId, dedupKey);
        if (first?.turnId) return { messageId: first.messageId, turnId: first.turnId };
      }
      throw error;
    }
  }

  /** Stores a message that asks for no answer, as what people say to each other. @throws UserError */
  async record(
    threadId: string,
    message: Omit<NewMessage, "model">,
    by: User,
  ): Promise<{ messageId: string }> {
    const { sql, relay } = this.deps;
    assertMessage(message);
    await this.find(threadId);
    const dedupKey = message.dedupKey ?? null;
    return transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, [threadId]);
      const first = dedupKey === null ? null : await findByDedupKey(tx, threadId, dedupKey);
      if (first) return { messageId: first.messageId };
      const { text, quote = null, saidIn = null } = message;
      const row = { threadId, authorUserId: by.id, text, quote, dedupKey, saidIn };
      const messageId = await insertRemark(tx, row);
      if (messageId === null) throw threadClosed();
      await emit(threadId, { kind: "message", messageId, role: "user" });
      return { messageId };
    });
  }

  /** Stops a turn; what it has written stays, marked as stopped. @throws UserError */
  async cancel(turnId: string): Promise<Turn> {
    return cancelTurn(this.deps, turnId);
  }

  /** Asks again for what a failed or stopped turn did not answer. @throws UserError */
  async retry(turnId: string): Promise<Turn> {
    const { sql, jobs } = this.deps;
    const turn = await findTurn(sql, turnId);
    if (!turn) throw noSuchTurn();
    if (turn.state !== "failed" && turn.state !== "cancelled") {
      throw new UserError(
        "nothing-to-do",
        `This turn is ${turn.state}; only a failed or stopped one is run again.`,
      );
    }
    const id = await insertRetry(sql, turn);
    if (!id) throw await this.whyNoRetry(turn);
    jobs.wakeThread(turn.threadId);
    return (await findTurn(sql, id))!;
  }

  private async whyNoRetry(turn: Turn): Promise<UserError> {
    const thread = await this.find(turn.threadId);
    if (thread.state === "closed") return threadClosed();
    const turns = await listTurns(this.deps.sql, turn.threadId);
    const again = turns.some(({ retryOf }) => retryOf === turn.id);
    return new UserError(
      "nothing-to-do",
      again
        ? "This turn was run again already."
        : "The conversation has gone on since; write what you want to know in a new message.",
    );
  }

  /** Asks the model for a malformed block again. @throws UserError */
  async repair(blockId: string, by: User): Promise<{ turnId: string }> {
    const { sql } = this.deps;
    const block = await findLooseBlock(sql, blockId);
    if (!block) throw new UserError("not-found", "There is no such block.");
    if (block.state !== "open") {
      throw new UserError("already-decided", `This block was ${block.state} already.`);
    }
    // The key makes the message one, whoever asks twice; so it can be stored before the block is settled.
    const message = { text: describeRepair(block), dedupKey: `repair:${blockId}` };
    const posted = await this.post(block.threadId, message, by);
    await settleLooseBlock(sql, blockId, { state: "repaired" });
    return posted;
  }

  private async find(threadId: string): Promise<Thread> {
    const thread = await findThread(this.deps.sql, threadId);
    if (!thread) throw noSuchThread();
    return thread;
  }

  private async assertModel(modelId: string, share: string): Promise<void> {
    assertStorable(modelId, "model");
    await this.deps.models.providerOf(modelId);
    const allowed = await this.deps.allowedIn(share);
    if (isAllowed(allowed, modelId)) return;
    throw new UserError("model-not-allowed", describeNotAllowed(modelId, allowed!));
  }
}

/** Beyond the last frame of any event. */
const ALL_FRAMES = 9;

function assertMessage(message: NewMessage): void {
  if (message.text.trim() === "") {
    throw new UserError("invalid-request", "The message is empty; write something first.");
  }
  for (const [name, text] of [
    ["message", message.text],
    ["quote", message.quote ?? ""],
  ] as const) {
    if (text.length > MAX_MESSAGE) {
      const limit = MAX_MESSAGE.toLocaleString("en");
      throw new UserError(
        "too-large",
        `The ${name} is longer than ${limit} characters; shorten it, nothing was stored.`,
      );
    }
    assertStorable(text, name);
  }
  if ((message.dedupKey ?? "").length > MAX_KEY) {
    throw new UserError("invalid-request", `An idempotency key has at most ${MAX_KEY} characters.`);
  }
  assertStorable(message.dedupKey ?? "", "idempotency key");
}

function threadClosed(): UserError {
  return new UserError("thread-closed", "This thread is closed; reopen it to write in it.");
}

function noSuchThread(): UserError {
  return new UserError("not-found", "There is no such thread.");
}

function noSuchTurn(): UserError {
  return new UserError("not-found", "There is no such turn.");
}
