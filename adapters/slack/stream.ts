import type { CallGuard, ChatStream } from "../../src/chat/chat-platform.ts";
import { PlaceRefused, StreamOver, StreamStopped } from "../../src/chat/chat-platform.ts";
import { LIMITS, literal, shortened } from "./blocks/block.ts";
import type { CallArguments, CallOptions, SlackClient } from "./client.ts";
import { codeOf } from "./errors.ts";
import { StreamText } from "./stream-text.ts";

/** Where a stream is. */
export interface StreamAddress {
  teamId: string;
  channel: string;
  ts: string;
}

interface TaskChunk {
  type: "task_update";
  id: string;
  title: string;
  status: "in_progress" | "complete";
}

/** What stands in a message of which nothing else was ever shown: Slack ends no empty stream. */
const NOTHING = "…";
/** Milliseconds; when the end is further away than this, the text does not wait for it. */
const SOON_MS = 1_500;
const TASK_TITLE = 256;

/** A stream of Slack's. Its calls follow each other, since two at once would come in any order. */
export class SlackStream implements ChatStream {
  readonly id: string;
  readonly #client: SlackClient;
  readonly #address: StreamAddress;
  readonly #guard: CallGuard | undefined;
  readonly #text = new StreamText();
  /** Not sent yet; with the next call they go along. */
  #tasks: TaskChunk[] = [];
  /** Shown as being done. */
  readonly #openTasks = new Map<string, TaskChunk>();
  readonly #closing = new AbortController();
  #isRestTaken = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: SlackClient, address: StreamAddress, guard?: CallGuard) {
    this.#client = client;
    this.#guard = guard;
    this.#address = address;
    this.id = address.ts;
  }

  append(take: () => string | null): Promise<boolean> {
    return this.#inTurn(() => this.#send(take, "preview"));
  }

  showTask({ id, title, done }: { id: string; title: string; done: boolean }): Promise<void> {
    const chunk: TaskChunk = {
      type: "task_update",
      id,
      title: shortened(literal(title), TASK_TITLE),
      status: done ? "complete" : "in_progress",
    };
    this.#tasks = [...this.#tasks.filter((task) => task.id !== id), chunk];
    if (done) this.#openTasks.delete(id);
    else this.#openTasks.set(id, chunk);
    return this.#inTurn(async () => {
      // An append that was before it in the queue may have taken it along.
      if (this.#tasks.includes(chunk)) await this.#send(() => null, "preview");
    });
  }

  close(rest: string): Promise<void> {
    // What is still to come is part of the rest: previews that wait for their slot are not needed any more.
    this.#closing.abort();
    return this.#inTurn(async () => {
      // A second try has the rest of the first one.
      if (!this.#isRestTaken) this.#text.add(rest);
      this.#isRestTaken = true;
      this.#text.end();
      const ended = [...this.#openTasks.values()];
      this.#openTasks.clear();
      for (const task of ended) {
        const title = task.title.replace(/\s*…$/u, "");
        this.#tasks.push({ ...task, title, status: "complete" });
      }
      await this.#sendMoreThan(LIMITS.markdown);
      await this.#stop();
    });
  }

  async #stop(): Promise<void> {
    let part = "";
    const take = () => {
      part = this.#text.next(LIMITS.markdown);
      return this.#arguments(part);
    };
    await stopStream(this.#client, this.#address, take, {
      guard: this.#guard,
      whileWaiting: async (ms) => {
        if (ms > SOON_MS) await this.#sendMoreThan(0);
      },
    });
    this.#text.sent(part);
  }

  /** Appends until no more than that is left. */
  async #sendMoreThan(characters: number): Promise<void> {
    while (this.#text.waiting > characters) await this.#send(() => null, "final");
  }

  /**
   * Sends what `take` gives, and what is left of before. A call that fails took nothing: the caller gives its
   * text again.
   */
  async #send(take: () => string | null, urgency: "preview" | "final"): Promise<boolean> {
    const { teamId, channel } = this.#address;
    let taken: string | null = null;
    let part = "";
    let tasks: readonly TaskChunk[] = [];
    const takeArguments = (): CallArguments | null => {
      taken = take();
      part = this.#text.next(LIMITS.markdown, taken ?? "");
      tasks = this.#tasks;
      if (part !== "" || tasks.length > 0) return this.#arguments(part);
      // Held back as a whole until it is known what follows.
      if (taken !== null) this.#text.add(taken);
      return null;
    };
    const options: CallOptions = {
      kind: "stream",
      urgency,
      guard: this.#guard,
      ...(urgency === "preview" && { signal: this.#closing.signal }),
    };
    const answer = await this.#client.callWith(
      teamId,
      "chat.appendStream",
      channel,
      takeArguments,
      options,
    );
    // Also text that is held back is in good hands.
    if (answer === null) return taken !== null && taken !== "";
    this.#text.add(taken ?? "");
    this.#text.sent(part);
    this.#tasks = this.#tasks.filter((task) => !tasks.includes(task));
    return true;
  }

  #arguments(text: string): CallArguments {
    const { channel, ts } = this.#address;
    if (this.#tasks.length === 0)
      return { channel, ts, ...(text !== "" && { markdown_text: text }) };
    const chunks = [...this.#tasks, ...(text === "" ? [] : [{ type: "markdown_text", text }])];
    return { channel, ts, chunks };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** Ends a stream with what `take` gives. @throws StreamOver, SendUncertain, PlaceRefused, HostBusy */
async function stopStream(
  client: SlackClient,
  { teamId, channel, ts }: StreamAddress,
  take: () => CallArguments,
  given: Pick<CallOptions, "guard" | "whileWaiting"> = {},
): Promise<void> {
  const method = "chat.stopStream";
  const options: CallOptions = { kind: "stream", ...given };
  try {
    await client.callWith(teamId, method, channel, take, options);
  } catch (error) {
    if (!(error instanceof PlaceRefused) || codeOf(error.cause) !== "no_text") throw error;
    await client.call(teamId, method, { channel, ts, markdown_text: NOTHING }, options);
  }
}

/** Ends it as it is; one that has ended is left alone. */
export async function endStream(client: SlackClient, address: StreamAddress): Promise<void> {
  const { channel, ts } = address;
  try {
    await stopStream(client, address, () => ({ channel, ts }));
  } catch (error) {
    if (error instanceof StreamOver || error instanceof StreamStopped) return;
    throw error;
  }
}
