/**
 * A wire between two parts that a test can cut. It forwards TCP on 127.0.0.1; what it carries it does not know.
 */
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";

/**
 * `cut`: connections are reset, and new ones too. `refuse`: nobody listens. `stall`: everything waits, and goes
 * on afterwards. `lose`: what was connected never hears of the other side again, as behind a firewall that has
 * forgotten it; new connections are taken, and hear nothing until it is over.
 */
export type WireFault = "cut" | "refuse" | "stall" | "lose";

interface Pair {
  near: Socket;
  far: Socket | null;
}

/** As a server's keep-alives do, at the pace that Redline asks of Postgres. */
const NOTICED_MS = 11_000;

export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  #target: number;
  #server: Server;
  #fault: WireFault | null = null;
  readonly #pairs = new Set<Pair>();
  readonly #lost: Socket[] = [];

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (near) => this.#take(near));
  }

  /** To a port of 127.0.0.1. */
  static async to(target: number): Promise<TcpProxy> {
    return new TcpProxy(await listen(0), target);
  }

  /** The same address by way of this. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = "127.0.0.1";
    changed.port = String(this.port);
    return url.endsWith("/") ? changed.href : changed.href.replace(/\/$/, "");
  }

  /** Connections that are open. */
  get size(): number {
    return this.#pairs.size;
  }

  /** New connections go there. */
  lead(target: number): void {
    this.#target = target;
  }

  async fail(fault: WireFault): Promise<void> {
    this.#fault = fault;
    if (fault === "refuse") await closed(this.#server);
    for (const pair of this.#pairs) {
      if (fault === "stall" || fault === "lose") hold(pair);
      else this.#drop(pair);
    }
    if (fault === "lose") this.#forget();
  }

  async heal(): Promise<void> {
    const fault = this.#fault;
    this.#fault = null;
    if (fault === "refuse") {
      this.#server = await listen(this.port);
      this.#server.on("connection", (near) => this.#take(near));
    }
    for (const pair of this.#pairs) this.#join(pair);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pair of this.#pairs) this.#drop(pair);
    for (const near of this.#lost) near.destroy();
    await closed(this.#server);
  }

  /** Never let go on: whoever connected hears not even of the end, which the system of the other side notices. */
  #forget(): void {
    for (const { near, far } of this.#pairs) {
      near.removeAllListeners("close");
      far?.removeAllListeners("close");
      setTimeout(() => far?.resetAndDestroy(), NOTICED_MS).unref();
      this.#lost.push(near);
    }
    this.#pairs.clear();
  }

  #take(near: Socket): void {
    near.on("error", () => {});
    if (this.#fault === "cut") {
      near.resetAndDestroy();
      return;
    }
    const pair: Pair = { near, far: null };
    this.#pairs.add(pair);
    near.on("close", () => this.#drop(pair));
    if (this.#fault === null) this.#join(pair);
  }

  #join(pair: Pair): void {
    const { near } = pair;
    if (!pair.far) {
      const far = connect(this.#target, "127.0.0.1");
      far.setNoDelay(true);
      near.setNoDelay(true);
      far.on("error", () => {});
      far.on("close", () => this.#drop(pair));
      pair.far = far;
    }
    near.pipe(pair.far);
    pair.far.pipe(near);
  }

  #drop(pair: Pair): void {
    this.#pairs.delete(pair);
    if (!pair.near.destroyed) pair.near.resetAndDestroy();
    if (pair.far && !pair.far.destroyed) pair.far.resetAndDestroy();
  }
}

function hold({ near, far }: Pair): void {
  near.unpipe();
  far?.unpipe();
  near.pause();
  far?.pause();
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
}
