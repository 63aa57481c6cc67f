import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { Logger } from "../../src/log.ts";
import { settledWithin } from "../../src/waiting.ts";
import type { DiscordClient } from "./client.ts";
import type { DiscordAddress } from "./place.ts";

/** Discord shows typing for ten seconds, or until something is posted. */
const AGAIN_MS = 8_000;
const MAX_WAIT_MS = 1_000;
/** For a call that is on its way; what is posted meanwhile would not end what it shows. */
const ARRIVAL_MS = 1_000;

interface Work {
  again: NodeJS.Timeout | undefined;
  last: Promise<void>;
  /** Something of the answer can be seen, which says enough. */
  isSeen: boolean;
}

/** Shows that Redline is at work as typing, which lasts as long as it is asked for again. */
export class DiscordStatus {
  readonly #client: DiscordClient;
  readonly #logger: Logger;
  /** By thread. */
  readonly #works = new Map<string, Work>();

  constructor(client: DiscordClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** What is said of the work is not shown, only that there is some. Never rejects: nothing depends on it. */
  async set({ thread }: DiscordAddress, isWorking: boolean): Promise<void> {
    const known = this.#works.get(thread);
    if (!isWorking) {
      this.#works.delete(thread);
      clearInterval(known?.again);
      // What is posted next ends what is shown by then.
      await known?.last;
      return;
    }
    if (known) return;
    const work: Work = { again: undefined, last: Promise.resolve(), isSeen: false };
    this.#works.set(thread, work);
    work.last = this.#type(thread, work);
    work.again = setInterval(() => {
      work.last = this.#type(thread, work);
    }, this.#client.scaled(AGAIN_MS));
    work.again.unref();
    await work.last;
  }

  /**
   * To be called before text of an answer is shown; resolves once it may be. Until the work is over there is no
   * typing beside it, as an edit would not end that. Never rejects.
   */
  async show({ thread }: DiscordAddress): Promise<void> {
    const known = this.#works.get(thread);
    if (known?.isSeen) return;
    const last = known?.last ?? Promise.resolve();
    clearInterval(known?.again);
    if (known) known.isSeen = true;
    else this.#works.set(thread, { again: undefined, last, isSeen: true });
    await settledWithin(last, ARRIVAL_MS);
  }

  async #type(thread: string, work: Work): Promise<void> {
    const guard = (): void => {
      if (work.isSeen || this.#works.get(thread) !== work) throw new Error("it is not shown now");
    };
    try {
      await this.#client.ask(
        { method: "POST", route: `/channels/${thread}/typing` },
        { kind: "read", needs: "Send Messages", urgency: "preview", maxWaitMs: MAX_WAIT_MS, guard },
      );
    } catch (error) {
      this.#logger.debug({ err: error }, "typing is not shown");
      if (!(error instanceof PlaceRefused)) return;
      clearInterval(work.again);
      if (this.#works.get(thread) === work) this.#works.delete(thread);
    }
  }
}
