/** Socket Mode: up to ten connections of the app; each envelope goes to one of them. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import type { RawData, WebSocket } from "ws";
import { WebSocketServer } from "ws";

import type { Clock } from "../clock.ts";
import type { App, Delivery, Json } from "./model.ts";

const MOST = 10;
/** Milliseconds between the pings of a connection. */
const PING_EVERY = 10_000;
const PING = "Ping from applink";

interface Connection {
  id: string;
  socket: WebSocket;
}

export type DisconnectReason = "warning" | "refresh_requested" | "link_disabled";

export class SocketMode {
  readonly violations: string[] = [];
  readonly #server = new WebSocketServer({ noServer: true, clientTracking: false });
  readonly #app: App;
  readonly #clock: Clock;
  readonly #tickets = new Set<string>();
  readonly #connections: Connection[] = [];
  readonly #waiting = new Map<
    string,
    { connection: Connection; settle: (payload: Json | null) => void }
  >();
  readonly #arrivals = new Set<() => void>();
  #opened = 0;
  #turn = 0;
  #isClosed = false;

  constructor(app: App, clock: Clock) {
    this.#app = app;
    this.#clock = clock;
  }

  get size(): number {
    return this.#connections.length;
  }

  /** For one connection. */
  newTicket(): string {
    this.#opened += 1;
    const ticket = `ticket-${this.#opened}`;
    this.#tickets.add(ticket);
    return ticket;
  }

  get isFull(): boolean {
    return this.#connections.length >= MOST;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? "/", "http://localhost").searchParams.get("ticket") ?? "";
    if (!this.#tickets.delete(ticket) || this.isFull) {
      socket.end("HTTP/1.1 408 Request Timeout\r\n\r\n");
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(ticket, client));
  }

  #welcome(id: string, socket: WebSocket): void {
    const connection = { id, socket };
    this.#connections.push(connection);
    socket.on("message", (data: RawData) => this.#hear((data as Buffer).toString("utf8")));
    // What is left of a client that died ends with "close" as well.
    socket.on("error", () => {});
    const pings = setInterval(() => socket.ping(PING), PING_EVERY);
    socket.on("close", () => {
      clearInterval(pings);
      const at = this.#connections.indexOf(connection);
      if (at !== -1) this.#connections.splice(at, 1);
      for (const waiting of [...this.#waiting.values()]) {
        if (waiting.connection === connection) waiting.settle(null);
      }
    });
    const hello = {
      type: "hello",
      num_connections: this.#connections.length,
      debug_info: { host: "applink-1", build_number: 1, approximate_connection_time: 18_060 },
      connection_info: { app_id: this.#app.id },
    };
    socket.send(JSON.stringify(hello));
    socket.ping(PING);
    for (const arrived of [...this.#arrivals]) arrived();
  }

  /**
   * To the next connection in turn; null when nobody acknowledged it in time. Without a connection it waits that
   * long for one.
   */
  async send(delivery: Delivery, retryNum: number, ackTimeout: number): Promise<Json | null> {
    if (this.#isClosed) return null;
    if (this.#connections.length === 0) await this.#connected(ackTimeout);
    this.#turn += 1;
    const connection = this.#connections[this.#turn % (this.#connections.length || 1)];
    if (!connection) return null;
    const id = randomUUID();
    const envelope = {
      envelope_id: id,
      type: delivery.kind,
      accepts_response_payload: delivery.kind !== "events_api",
      payload: delivery.payload,
      ...(delivery.kind === "events_api" && {
        retry_attempt: retryNum,
        retry_reason: retryNum === 0 ? "" : "timeout",
      }),
    };
    return await new Promise((resolve) => {
      const stop = this.#clock.in(ackTimeout, () => settle(null));
      const settle = (payload: Json | null): void => {
        stop();
        this.#waiting.delete(id);
        resolve(payload);
      };
      this.#waiting.set(id, { connection, settle });
      connection.socket.send(JSON.stringify(envelope));
    });
  }

  /** Asks every connection (or only the oldest) to go and come again. */
  disconnect(reason: DisconnectReason, which: "all" | "oldest" = "all"): void {
    const chosen = which === "all" ? [...this.#connections] : this.#connections.slice(0, 1);
    for (const { socket } of chosen) {
      socket.send(
        JSON.stringify({ type: "disconnect", reason, debug_info: { host: "applink-1" } }),
      );
    }
  }

  /** Cuts every connection (or only the oldest). */
  drop(which: "all" | "oldest" = "all"): void {
    const chosen = which === "all" ? [...this.#connections] : this.#connections.slice(0, 1);
    for (const { socket } of chosen) socket.terminate();
  }

  /** What still waits is told that nothing came. */
  close(): void {
    this.#isClosed = true;
    for (const { settle } of [...this.#waiting.values()]) settle(null);
    for (const arrived of [...this.#arrivals]) arrived();
    this.drop();
  }

  #hear(text: string): void {
    let message: { envelope_id?: unknown; payload?: unknown };
    try {
      message = JSON.parse(text) as typeof message;
    } catch {
      this.violations.push(`Socket Mode: no JSON came: ${text.slice(0, 80)}`);
      return;
    }
    if (typeof message.envelope_id !== "string") {
      this.violations.push("Socket Mode: a message without envelope_id");
      return;
    }
    const payload = typeof message.payload === "object" ? message.payload : {};
    this.#waiting.get(message.envelope_id)?.settle((payload ?? {}) as Json);
  }

  #connected(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const arrived = (): void => {
        stop();
        this.#arrivals.delete(arrived);
        resolve();
      };
      const stop = this.#clock.in(milliseconds, arrived);
      this.#arrivals.add(arrived);
    });
  }
}
