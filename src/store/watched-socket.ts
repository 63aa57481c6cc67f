/**
 * Sockets to the database that are given up when nothing comes back. A network that loses packets without a word,
 * or a server that is replaced under another address, leaves connections that never end by themselves: the system
 * goes on sending for a quarter of an hour.
 */
import { Socket } from "node:net";

/** What the driver knows of where it connects to. */
export interface Destination {
  host: readonly string[];
  port: readonly number[];
  /** Of a Unix socket. */
  path?: string | false | undefined;
}

const LOOK_MS = 500;

/**
 * Makes the sockets of one pool: to its hosts in turn, each ended when it was not answered for `silenceMs`, with
 * all those that were not heard of for half of that. They are as dead, and would each be waited for as long; the
 * whole of it would spare one that was heard of just after the first was last asked.
 */
export function watchedSockets(silenceMs: number): (to: Destination) => Socket {
  const pool = new Set<WatchedSocket>();
  let turn = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    // The driver takes all listeners off a socket before it wraps it in TLS: there is none that tells of its end.
    for (const watched of pool) if (watched.socket.destroyed) pool.delete(watched);
    if (pool.size === 0) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const waits = Array.from(pool, (watched) => watched.look());
    if (Math.max(...waits) <= silenceMs) return;
    for (const watched of pool) if (watched.unheardMs > silenceMs / 2) watched.giveUp();
  };
  return ({ host, port, path }) => {
    const at = turn++ % host.length;
    const watched = new WatchedSocket();
    const { socket } = watched;
    pool.add(watched);
    // One for all: each of its own would wake an idle process as often again.
    timer ??= setInterval(look, LOOK_MS).unref();
    // The driver asks for the name in a certificate.
    Object.assign(socket, { host: host[at], port: port[at] });
    if (path) socket.connect(path);
    else socket.connect(port[at]!, host[at]!);
    return socket;
  };
}

class WatchedSocket {
  readonly socket = new Socket();
  #heardAt = performance.now();
  #read = 0;
  #written = 0;
  /** Since when something that was written has no answer. */
  #since: number | null = null;

  constructor() {
    this.socket.on("data", () => this.#heard());
  }

  /** Milliseconds for which nothing came. */
  get unheardMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** To be called again and again: for how many milliseconds it has been waiting for an answer. */
  look(): number {
    const { bytesRead, bytesWritten } = this.socket;
    // Under TLS the data do not pass by here, but the counters still count them.
    if (bytesRead !== this.#read) this.#heard();
    else if (bytesWritten === this.#written) this.#since = null;
    else this.#since ??= performance.now();
    return this.#since === null ? 0 : performance.now() - this.#since;
  }

  giveUp(): void {
    const error = new Error("the database did not answer");
    this.socket.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#read = this.socket.bytesRead;
    this.#written = this.socket.bytesWritten;
    this.#since = null;
  }
}
