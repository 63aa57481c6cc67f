/**
 * An engine in memory, for what talks to one. It keeps the promises of the interface that callers can see
 * (order, ids of events, states of changes); it neither persists nor locates as the real one does.
 */
import { randomUUID } from "node:crypto";
import type { Change, DecisionRecord } from "../../src/changes/change.ts";
import { findOverlaps } from "../../src/changes/overlap.ts";
import type { LooseBlock } from "../../src/changes/loose-block.ts";
import type { Message, Thread, Turn } from "../../src/conversation/thread.ts";
import type { Budget } from "../../src/budgets/budget.ts";
import type { Engine, NewMessage, PullRequestView, StreamSource, User } from "../../src/engine.ts";
import { problem, UserError } from "../../src/errors.ts";
import type { ModelInfo } from "../../src/ports.ts";
import type { Rfc } from "../../src/rfcs/rfc.ts";
import type { SuggestionMode } from "../../src/store/pull-requests.ts";
import { FrameLog } from "./frame-log.ts";
import { fakeInsight } from "./fake-insight.ts";
import { FakeConcerns, FakeMerges } from "./fake-concerns.ts";
import { FakeNotifications } from "./fake-notifications.ts";
import { FakePeople } from "./fake-people.ts";
import { FakeRecord } from "./fake-record-desk.ts";
import { fakeChange, fakeMessage, fakePlacement, fakeThread, fakeTurn } from "./fake-records.ts";
import type { FakeWorld } from "./fake-world.ts";

/** What the model does next. */
export type Step =
  | { text: string }
  | { change: { original: string; proposed: string; reason?: string } }
  | { fail: string };

export type Answer = (message: NewMessage) => Iterable<Step> | AsyncIterable<Step>;

export interface FakeDocument {
  rfc: Rfc;
  body: string;
  headSha: string;
  problem: string | null;
  pullRequest: PullRequestView | null;
  suggestionMode: SuggestionMode | null;
  reviewProblem: string | null;
}

interface FakeThread {
  thread: Thread;
  log: FrameLog;
  messages: Message[];
  turns: Turn[];
  decisions: DecisionRecord[];
  blocks: LooseBlock[];
  dedup: Map<string, { messageId: string; turnId: string }>;
}

/** What the engine would find by itself. */
const NEW_RFC = { slug: "found", title: "Found", path: "rfc.md", branch: "main" };

export class FakeEngine implements Engine {
  readonly documents = new Map<string, FakeDocument>();
  readonly talks = new Map<string, FakeThread>();
  readonly changeRows = new Map<string, Change>();
  readonly user: User = { id: randomUUID(), displayName: "Robin", email: "robin@example.org" };
  /** The model; says one sentence unless a test wants otherwise. */
  answer: Answer = ({ text }) => [{ text: `You said: ${text}` }];
  /** Awaited between `accepting` and the commit. */
  beforeCommit: () => Promise<void> = () => Promise.resolve();
  /** Why the next commits fail; null lets them succeed. */
  commitFailure: string | null = null;
  missingParts: string[] = [];
  modelList: { models: ModelInfo[]; default: string; problems: string[] } = {
    models: [{ id: "offline", label: "Offline editor" }],
    default: "offline",
    problems: [],
  };
  /** Every stream that was handed out. */
  readonly handedOut: StreamSource[] = [];
  #number = 0;
  #commits = 0;

  addDocument(rfc: Partial<Rfc> & { slug: string }, body: string): FakeDocument {
    const document: FakeDocument = {
      rfc: {
        title: rfc.slug,
        repository: "file:///srv/docs",
        path: `${rfc.slug}.md`,
        defaultBranch: "main",
        createdAt: new Date("2026-03-01T08:00:00Z"),
        ...rfc,
      },
      body,
      headSha: this.#sha(),
      problem: null,
      pullRequest: null,
      suggestionMode: null,
      reviewProblem: null,
    };
    this.documents.set(rfc.slug, document);
    return document;
  }

  addThread(fields: Partial<Thread> & { rfcSlug: string }): FakeThread {
    const thread = fakeThread(fields);
    const talk: FakeThread = {
      thread,
      log: new FrameLog(),
      messages: [],
      turns: [],
      decisions: [],
      blocks: [],
      dedup: new Map(),
    };
    this.talks.set(thread.id, talk);
    return talk;
  }

  addMessage(talk: FakeThread, fields: Partial<Message>): Message {
    const { id: threadId } = talk.thread;
    const message = fakeMessage({ threadId, seq: talk.messages.length + 1, ...fields });
    talk.messages.push(message);
    talk.log.push(JSON.stringify({ message_id: message.id, role: message.role }), "message");
    return message;
  }

  addChange(
    talk: FakeThread,
    fields: Partial<Change> & Pick<Change, "original" | "proposed">,
  ): Change {
    const { id: threadId, rfcSlug } = talk.thread;
    this.#number += 1;
    const { body, headSha } = this.#document(rfcSlug);
    const change = fakeChange(body, {
      baseBlobSha: headSha,
      threadId,
      rfcSlug,
      number: this.#number,
      ...fields,
    });
    this.changeRows.set(change.id, change);
    talk.log.push(JSON.stringify({ change_id: change.id }), "change");
    return change;
  }

  readonly rfcs: Engine["rfcs"] = {
    register: async (input) => {
      if (input.slug !== undefined && this.documents.has(input.slug)) {
        throw new UserError(
          "already-exists",
          `There is an RFC with the slug ${input.slug} already.`,
        );
      }
      const { slug, title, repository, path, branch } = { ...NEW_RFC, ...input };
      const rfc = { slug, title, repository, path, defaultBranch: branch };
      return this.addDocument(rfc, `# ${title}\n`).rfc;
    },
    list: async () =>
      [...this.documents.values()].map(({ rfc }) => {
        const changes = this.#changesOf(rfc.slug);
        const count = (state: Change["state"]): number =>
          changes.filter((change) => change.state === state).length;
        const threads = [...this.talks.values()].filter((t) => t.thread.rfcSlug === rfc.slug);
        return {
          ...rfc,
          openThreads: threads.filter((t) => t.thread.state === "open").length,
          pending: count("pending"),
          stale: changes.filter((change) => change.drift === "stale").length,
          accepted: count("accepted"),
          declined: count("declined"),
        };
      }),
    chooseSuggestionMode: async (slug, mode) => {
      this.#document(slug).suggestionMode = mode;
    },
    view: async (slug) => {
      const { rfc, body, headSha, problem: trouble, ...review } = this.#document(slug);
      return {
        rfc,
        branch: rfc.defaultBranch,
        document: trouble === null ? { body, headSha, blobSha: headSha } : null,
        problem: trouble,
        ...review,
        threads: [...this.talks.values()]
          .map((talk) => talk.thread)
          .filter((thread) => thread.rfcSlug === slug),
        changes: this.#changesOf(slug),
        overlaps: findOverlaps(
          this.#changesOf(slug).flatMap(({ id, state, placement: { passage } }) =>
            state === "pending" && passage ? [{ id, passage }] : [],
          ),
        ),
      };
    },
  };

  readonly threads: Engine["threads"] = {
    create: async ({ rfcSlug, branchName, kind, title, anchor }) => {
      const { body } = this.#document(rfcSlug);
      const text =
        anchor && ("text" in anchor ? anchor.text : body.slice(anchor.start, anchor.end));
      const placement = text === undefined ? null : fakePlacement(body, text, text);
      if (placement && anchor && "start" in anchor) placement.passage = { ...anchor };
      return this.addThread({ rfcSlug, branchName, kind, title: title ?? null, anchor: placement })
        .thread;
    },
    view: async (id) => {
      const talk = this.#talk(id);
      return {
        thread: talk.thread,
        messages: talk.messages,
        changes: [...this.changeRows.values()].filter((change) => change.threadId === id),
        decisions: talk.decisions,
        looseBlocks: talk.blocks,
        turns: talk.turns,
        lastEventId: talk.log.lastId,
      };
    },
    close: async (id) => this.#updateThread(id, { state: "closed" }),
    reopen: async (id) => this.#updateThread(id, { state: "open" }),
    chooseModel: async (id, modelId) => this.#updateThread(id, { modelId }),
    post: async (id, message, by) => {
      const talk = this.#talk(id);
      const known = talk.dedup.get(message.dedupKey ?? "");
      if (known) return known;
      if (talk.thread.state === "closed") {
        throw new UserError("thread-closed", "This thread is closed; reopen it to go on.");
      }
      if (message.text.trim() === "") {
        throw new UserError("invalid-text", "The message is empty; write something first.");
      }
      const turn = fakeTurn({ threadId: id, state: "queued", attempt: 0, createdAt: new Date() });
      talk.turns.push(turn);
      const { id: messageId } = this.addMessage(talk, {
        author: by.displayName,
        text: message.text,
        quote: message.quote ?? null,
        turnId: turn.id,
        createdAt: new Date(),
      });
      const posted = { messageId, turnId: turn.id };
      if (message.dedupKey !== undefined) talk.dedup.set(message.dedupKey, posted);
      void this.#run(talk, turn, message);
      return posted;
    },
    record: async (id, { text, quote }, by) => {
      const fields = { author: by.displayName, text, quote: quote ?? null, turnId: null };
      return { messageId: this.addMessage(this.#talk(id), fields).id };
    },
  };

  readonly budgets: Engine["budgets"] = {
    overview: async () => ({ stop: null, budgets: this.budgetList }),
    ofWorkspace: async () => this.budgetList[0]!,
  };
  budgetList: Budget[] = [];

  readonly turns: Engine["turns"] = {
    cancel: async (id) => {
      const { talk, turn } = this.#turn(id);
      this.#endTurn(talk, turn, "cancelled");
      return turn;
    },
    retry: async (id) => {
      const { talk, turn } = this.#turn(id);
      const again = fakeTurn({ threadId: talk.thread.id, state: "queued", retryOf: id });
      talk.turns.push(again);
      const asked = talk.messages.find((message) => message.turnId === turn.id);
      void this.#run(talk, again, { text: asked?.text ?? "" });
      return again;
    },
  };

  readonly changes: Engine["changes"] = {
    get: async (id) => this.#change(id),
    accept: async (id, by) => {
      const change = this.#pending(id);
      if (change.drift !== "fresh" || !["certain", "high"].includes(change.placement.certainty)) {
        throw new UserError(
          "place-uncertain",
          `Choose the place of change #${change.number} first.`,
        );
      }
      const accepting = this.#updateChange(change, { state: "accepting", failure: null });
      void this.#commit(id, by);
      return accepting;
    },
    decline: async (id, reason, by) => {
      const change = this.#pending(id);
      this.#decide(change, by, "decline", reason ?? null);
      return this.#updateChange(change, { state: "declined", decidedAt: new Date() });
    },
    suggest: async (id) => {
      const change = this.#pending(id);
      const url = `${this.#document(change.rfcSlug).pullRequest?.url}#discussion_r${change.number}`;
      this.#updateChange(change, { shown: { state: "live", form: "suggestion", url } });
      // Its comment comes with a later look.
      return change;
    },
    propose: async (threadId, { original, proposed, reason }, by) => {
      const talk = this.#talk(threadId);
      if (original === proposed) {
        throw new UserError("invalid-text", "The proposal is the same as the text that is there.");
      }
      const author = by.displayName;
      return this.addChange(talk, {
        original,
        proposed,
        reason: reason ?? "",
        kind: "manual",
        author,
      });
    },
    revise: async (id, { proposed, reason }, by) => {
      const change = this.#pending(id);
      const edit = { original: change.original, proposed, reason: reason ?? change.reason };
      const made = await this.changes.propose(change.threadId, edit, by);
      await this.changes.decline(id, `Replaced by change #${made.number}, an edited version.`, by);
      return made;
    },
    choosePlace: async (id, passage) => {
      const change = this.#pending(id);
      const { body } = this.#document(change.rfcSlug);
      const placement = {
        ...change.placement,
        status: "located" as const,
        certainty: "certain" as const,
        doubts: [],
        candidates: [],
        passage,
        slice: body.slice(passage.start, passage.end),
      };
      return this.#updateChange(change, { placement, drift: "fresh" });
    },
    promote: async (blockId) => {
      const { talk, block } = this.#block(blockId);
      const { original = "", proposed = "", reason = "" } = block.fields;
      const change = this.addChange(talk, {
        original,
        proposed,
        reason,
        sourceMessageId: block.messageId,
        textOffset: block.textOffset,
      });
      Object.assign(block, { state: "promoted", changeId: change.id });
      talk.log.push(JSON.stringify({ block_id: blockId }), "block");
      return change;
    },
    repair: async (blockId, by) => {
      const { talk, block } = this.#block(blockId);
      block.state = "repaired";
      talk.log.push(JSON.stringify({ block_id: blockId }), "block");
      return this.threads.post(talk.thread.id, { text: "Please write the block again." }, by);
    },
  };

  readonly streams: Engine["streams"] = {
    turn: async (id, lastId = "0") => {
      const { talk, turn } = this.#turn(id);
      const start = talk.log.frames.findIndex(
        (frame) => frame.event === "turn" && frame.data.includes(turn.id),
      );
      const from = Math.max(start, Number(lastId));
      return this.#handOut(talk.log.read(String(from), (frame) => frame.data === "DONE"));
    },
    thread: async (id, lastId) => {
      const { log } = this.#talk(id);
      return this.#handOut(log.read(lastId ?? log.lastId));
    },
  };

  readonly models: Engine["models"] = {
    list: async () => ({ ...this.modelList, isWhole: true }),
  };
  readonly insight = fakeInsight();
  readonly #world: FakeWorld = {
    user: this.user,
    rfc: (slug) => {
      const { rfc, body, headSha } = this.#document(slug);
      return { title: rfc.title, body, blobSha: headSha };
    },
    thread: (id) => this.#talk(id).thread,
    pendingChanges: (slug) =>
      this.#changesOf(slug)
        .filter(({ state }) => state === "pending")
        .map(({ number }) => number),
  };
  readonly people = new FakePeople(this.#world);
  readonly notifications = new FakeNotifications(this.#world);
  readonly concerns = new FakeConcerns(this.#world);
  readonly merges = new FakeMerges(this.#world, this.concerns);
  readonly record = new FakeRecord(this.#world);
  readonly health: Engine["health"] = {
    missing: async () => this.missingParts,
    notes: async () => [],
  };

  async #run(talk: FakeThread, turn: Turn, message: NewMessage): Promise<void> {
    Object.assign(turn, { state: "running", attempt: 1, startedAt: new Date() });
    const reply = fakeMessage({
      threadId: talk.thread.id,
      seq: talk.messages.length + 1,
      role: "assistant",
      modelId: message.model ?? talk.thread.modelId ?? this.modelList.default,
      turnId: turn.id,
      status: "streaming",
      createdAt: new Date(),
    });
    talk.messages.push(reply);
    this.#tellTurn(talk, turn, reply);
    const changeIds: string[] = [];
    for await (const step of this.answer(message)) {
      if (turn.state !== "running") return;
      if ("fail" in step) {
        turn.error = step.fail;
        talk.log.push(JSON.stringify(problem("model-failed", step.fail)), "error");
        this.addMessage(talk, { role: "system", text: step.fail, createdAt: new Date() });
        return this.#endTurn(talk, turn, "failed");
      }
      if ("text" in step) {
        reply.text += step.text;
        talk.log.push(Buffer.from(step.text).toString("base64"));
      } else {
        const place = { sourceMessageId: reply.id, turnId: turn.id, textOffset: reply.text.length };
        const now = new Date();
        changeIds.push(this.addChange(talk, { ...step.change, ...place, createdAt: now }).id);
      }
    }
    const summary = { message_id: reply.id, change_ids: changeIds, count: changeIds.length };
    talk.log.push(JSON.stringify(summary), "changes");
    this.#endTurn(talk, turn, "done");
  }

  #endTurn(talk: FakeThread, turn: Turn, state: "done" | "failed" | "cancelled"): void {
    Object.assign(turn, { state, finishedAt: new Date() });
    const reply = talk.messages.find((m) => m.turnId === turn.id && m.role === "assistant");
    const status = { done: "complete", failed: "failed", cancelled: "stopped" } as const;
    if (reply) reply.status = status[state];
    this.#tellTurn(talk, turn, reply);
    talk.log.push("DONE");
  }

  #tellTurn(talk: FakeThread, turn: Turn, reply: Message | undefined): void {
    const { id, state, attempt } = turn;
    const data = { turn_id: id, message_id: reply?.id ?? null, state, attempt };
    talk.log.push(JSON.stringify(data), "turn");
  }

  async #commit(id: string, by: User): Promise<void> {
    await this.beforeCommit();
    const change = this.#change(id);
    if (this.commitFailure !== null) {
      this.#updateChange(change, { state: "pending", failure: this.commitFailure });
      return;
    }
    const document = this.#document(change.rfcSlug);
    const { passage, replacement } = change.placement;
    if (!passage) throw new Error("an accepted change has a place");
    const { body } = document;
    document.body = body.slice(0, passage.start) + replacement + body.slice(passage.end);
    document.headSha = this.#sha();
    const commitSha = document.headSha;
    this.#decide(change, by, "accept", null);
    this.#updateChange(change, { state: "accepted", commitSha, decidedAt: new Date() });
    for (const other of this.#changesOf(change.rfcSlug)) {
      if (other.state !== "pending") continue;
      other.baseBlobSha = document.headSha;
      if (other.placement.certainty !== "certain") continue;
      other.placement = fakePlacement(document.body, other.original, other.proposed);
    }
    this.#talk(change.threadId).log.push(JSON.stringify({ head_sha: commitSha }), "document");
  }

  #decide(change: Change, by: User, verdict: "accept" | "decline", reason: string | null): void {
    const talk = this.#talk(change.threadId);
    talk.decisions.push({
      id: randomUUID(),
      changeId: change.id,
      author: by.displayName,
      verdict,
      reason,
      outcome: verdict === "accept" ? "committed" : "declined",
      createdAt: new Date(),
    });
    const said = verdict === "accept" ? "accepted" : "declined";
    const why = reason === null ? "." : `: ${reason}`;
    this.addMessage(talk, {
      role: "system",
      text: `${by.displayName} ${said} change #${change.number}${why}`,
      createdAt: new Date(),
    });
  }

  #updateChange(change: Change, fields: Partial<Change>): Change {
    const updated = { ...change, ...fields };
    this.changeRows.set(change.id, updated);
    const { log } = this.#talk(change.threadId);
    log.push(JSON.stringify({ change_id: change.id }), "change_state");
    return updated;
  }

  #updateThread(id: string, fields: Partial<Thread>): Thread {
    const talk = this.#talk(id);
    talk.thread = { ...talk.thread, ...fields };
    talk.log.push("{}", "thread");
    return talk.thread;
  }

  #handOut(source: StreamSource): StreamSource {
    this.handedOut.push(source);
    return source;
  }

  #changesOf(slug: string): Change[] {
    return [...this.changeRows.values()].filter((change) => change.rfcSlug === slug);
  }

  #pending(id: string): Change {
    const change = this.#change(id);
    if (change.state === "pending") return change;
    throw new UserError("already-decided", `Change #${change.number} is ${change.state} already.`);
  }

  #document(slug: string): FakeDocument {
    return found(this.documents.get(slug), "RFC");
  }

  #talk(id: string): FakeThread {
    return found(this.talks.get(id), "thread");
  }

  #change(id: string): Change {
    return found(this.changeRows.get(id), "change");
  }

  #turn(id: string): { talk: FakeThread; turn: Turn } {
    for (const talk of this.talks.values()) {
      const turn = talk.turns.find((one) => one.id === id);
      if (turn) return { talk, turn };
    }
    return found<{ talk: FakeThread; turn: Turn }>(undefined, "turn");
  }

  #block(id: string): { talk: FakeThread; block: LooseBlock } {
    for (const talk of this.talks.values()) {
      const block = talk.blocks.find((one) => one.id === id);
      if (block) return { talk, block };
    }
    return found<{ talk: FakeThread; block: LooseBlock }>(undefined, "block");
  }

  #sha(): string {
    this.#commits += 1;
    return this.#commits.toString(16).padStart(4, "0").repeat(10);
  }
}

function found<T>(row: T | undefined, what: string): T {
  if (row === undefined) throw new UserError("not-found", `There is no such ${what}.`);
  return row;
}
