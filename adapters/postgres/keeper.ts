import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "./server.ts";

const PAUSE_MS = 500;

export interface KeeperOptions {
  /** Starts a server in the place of one that ended, at the same address. */
  restart(): Promise<Server>;
  /** Called when the server has ended unasked, and with the first of each kind of failed restart. */
  onAccident(error: unknown): void;
  /** The error for a server that ended, from its log. */
  explainEnd(log: string): unknown;
}

/**
 * Keeps a server running: when it ends without having been asked to, as after the kernel has killed it or the
 * disk was full, it is started again until it runs. The program only sees its connections break.
 */
export class Keeper {
  #server: Server;
  readonly #options: KeeperOptions;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;

  constructor(server: Server, options: KeeperOptions) {
    this.#server = server;
    this.#options = options;
    this.#watching = this.#watch();
  }

  /** Of the server at this moment. */
  get pid(): number {
    return this.#server.pid;
  }

  /** Stops the server, and what would start it again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#server.stop();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    for (;;) {
      await this.#server.exited;
      if (this.#stopping.signal.aborted) return;
      this.#options.onAccident(this.#options.explainEnd(this.#server.readLog()));
      await this.#restart();
      // Asked to stop while it was being started.
      if (this.#stopping.signal.aborted) return this.#server.stop();
    }
  }

  async #restart(): Promise<void> {
    const { signal } = this.#stopping;
    let told = "";
    while (!signal.aborted) {
      try {
        this.#server = await this.#options.restart();
        return;
      } catch (error) {
        if (String(error) !== told) this.#options.onAccident(error);
        told = String(error);
      }
      // Rejects when we are asked to stop; a pause alone keeps no program alive.
      await sleep(PAUSE_MS, undefined, { ref: false, signal }).catch(() => {});
    }
  }
}
