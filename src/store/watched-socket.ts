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
  return ({ host, port, path }) => {
    const at = turn++ % host.length;
    const watched = new WatchedSocket(silenceMs, () => {
      const since = performance.now() - silenceMs / 2;
      for (const other of pool) if (other.heardAt < since) other.giveUp();
    });
    pool.add(watched);
    const { socket } = watched;
    socket.once("close", () => pool.delete(watched));
    // The driver asks for the name in a certificate.
    Object.assign(socket, { host: host[at], port: port[at] });
    if (path) socket.connect(path);
    else socket.connect(port[at]!, host[at]!);
    return socket;
  };
}

class WatchedSocket {
  readonly socket = new Socket();
  heardAt = performance.now();
  #read = 0;
  #written = 0;
  /** Since when something that was written has no answer. */
  #since: number | null = null;

  constructor(silenceMs: number, onSilence: () => void) {
    const { socket } = this;
    socket.on("data", () => this.#heard());
    const timer = setInterval(() => {
      if (socket.destroyed) return clearInterval(timer);
      // Under TLS the data do not pass by here, but the counters still count them.
      if (socket.bytesRead !== this.#read) this.#heard();
      else if (socket.bytesWritten === this.#written) this.#since = null;
      else this.#since ??= performance.now();
      if (this.#since !== null && performance.now() - this.#since > silenceMs) {
        onSilence();
        this.giveUp();
      }
    }, LOOK_MS);
    timer.unref();
  }

  giveUp(): void {
    const error = new Error("the database did not answer");
    this.socket.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
  }

  #heard(): void {
    this.heardAt = performance.now();
    this.#read = this.socket.bytesRead;
    this.#written = this.socket.bytesWritten;
    this.#since = null;
  }
}
