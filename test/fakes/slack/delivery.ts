/**
 * What Slack sends to the app: signed HTTP requests, or envelopes to one of its sockets. What is not acknowledged
 * in time comes again, as a retry; commands and clicks do not.
 */
import { createHmac } from "node:crypto";

import type { Clock } from "../clock.ts";
import type { Attempt, Delivery, DeliveryKind, Json } from "./model.ts";
import type { SocketMode } from "./socket-mode.ts";

export interface Timing {
  /** Milliseconds in which the app must acknowledge; 3 s. */
  ackTimeout: number;
  /** Milliseconds before the first, second and third time that an event comes again: 0, 1 and 5 minutes. */
  retryDelays: readonly number[];
}

export interface Urls {
  events: string;
  commands: string;
  interactivity: string;
}

export class Deliveries {
  readonly all: Delivery[] = [];
  readonly timing: Timing;
  readonly #clock: Clock;
  readonly #sockets: SocketMode;
  readonly #signingSecret: string;
  #urls: Urls | null = null;
  #held: Delivery[] | null = null;
  #drops: ((delivery: Delivery) => boolean) | null = null;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(clock: Clock, sockets: SocketMode, signingSecret: string, timing: Timing) {
    this.#clock = clock;
    this.#sockets = sockets;
    this.#signingSecret = signingSecret;
    this.timing = timing;
  }

  /** From now on by HTTP; null goes back to Socket Mode. */
  toUrls(urls: Urls | null): void {
    this.#urls = urls;
  }

  /** Until `release`, nothing leaves. */
  hold(): void {
    this.#held ??= [];
  }

  /** Sends what was held, in the order that `order` gives. */
  release(order: (held: Delivery[]) => readonly Delivery[] = (held) => held): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const delivery of order([...held])) {
      delivery.state = "waiting";
      void this.#start(delivery);
    }
  }

  /** Events that fit are lost, until it is called with null. */
  drop(fits: ((delivery: Delivery) => boolean) | null): void {
    this.#drops = fits;
  }

  /** Sends; resolves with what became of it. */
  async send(kind: DeliveryKind, name: string, payload: Json): Promise<Delivery> {
    const eventId = typeof payload["event_id"] === "string" ? payload["event_id"] : null;
    const delivery: Delivery = {
      kind,
      payload,
      name,
      eventId,
      attempts: [],
      state: "waiting",
      response: null,
    };
    this.all.push(delivery);
    if (this.#drops?.(delivery)) {
      delivery.state = "failed";
      return delivery;
    }
    if (this.#held) {
      delivery.state = "held";
      this.#held.push(delivery);
      return delivery;
    }
    await this.#start(delivery);
    return delivery;
  }

  /** Once more, though it was acknowledged; Slack does so now and then, with retry 0 too. */
  async again(delivery: Delivery, retryNum = 0): Promise<Attempt> {
    return await this.#track(this.#attempt(delivery, retryNum));
  }

  /** Nothing is on its way any more: all is acknowledged, given up, or waits for a retry minutes away. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  #start(delivery: Delivery): Promise<void> {
    return this.#track(this.#try(delivery, 0));
  }

  async #try(delivery: Delivery, retryNum: number): Promise<void> {
    const attempt = await this.#attempt(delivery, retryNum);
    if (attempt.status >= 200 && attempt.status < 300) {
      delivery.state = "acknowledged";
      return;
    }
    const delay = this.timing.retryDelays[retryNum];
    if (delivery.kind !== "events_api" || delay === undefined || this.#closing.signal.aborted) {
      delivery.state = "failed";
      return;
    }
    if (delay === 0) await this.#try(delivery, retryNum + 1);
    else this.#clock.in(delay, () => void this.#track(this.#try(delivery, retryNum + 1)));
  }

  async #attempt(delivery: Delivery, retryNum: number): Promise<Attempt> {
    const urls = this.#urls;
    const attempt: Attempt = { via: urls ? "http" : "socket", retryNum, status: 0 };
    const before = delivery.attempts.at(-1);
    delivery.attempts.push(attempt);
    const reason = !before || before.status === 0 ? "http_timeout" : "http_error";
    const answer = urls
      ? await this.#post(urls, delivery, retryNum, reason, attempt)
      : await this.#sockets.send(delivery, retryNum, this.timing.ackTimeout);
    if (!urls) attempt.status = answer ? 200 : 0;
    if (answer) delivery.response = answer;
    return attempt;
  }

  async #post(
    urls: Urls,
    delivery: Delivery,
    retryNum: number,
    reason: string,
    attempt: Attempt,
  ): Promise<Json | null> {
    const { kind, payload } = delivery;
    const isJson = kind === "events_api";
    const body = isJson
      ? JSON.stringify(payload)
      : new URLSearchParams(
          kind === "interactive"
            ? { payload: JSON.stringify(payload) }
            : (payload as Record<string, string>),
        ).toString();
    const url = {
      events_api: urls.events,
      slash_commands: urls.commands,
      interactive: urls.interactivity,
    };
    const response = await this.post(url[kind], body, {
      "content-type": isJson ? "application/json" : "application/x-www-form-urlencoded",
      ...(retryNum > 0 && {
        "x-slack-retry-num": String(retryNum),
        "x-slack-retry-reason": reason,
      }),
    });
    attempt.status = response?.status ?? 0;
    return response?.json ?? null;
  }

  /** A signed request; null when nothing came in time. */
  async post(
    url: string,
    body: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; text: string; json: Json | null } | null> {
    // By the real time: receivers hold it against their own.
    const timestamp = Math.floor(Date.now() / 1000);
    const hmac = createHmac("sha256", this.#signingSecret).update(`v0:${timestamp}:${body}`);
    const timeout = AbortSignal.timeout(this.timing.ackTimeout);
    try {
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: {
          ...headers,
          "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
          "x-slack-request-timestamp": String(timestamp),
          "x-slack-signature": `v0=${hmac.digest("hex")}`,
        },
        signal: AbortSignal.any([this.#closing.signal, timeout]),
      });
      const text = await response.text();
      return { status: response.status, text, json: jsonOf(text) };
    } catch {
      return null;
    }
  }
}

/** Plain text is as good as `{ text }`. */
function jsonOf(text: string): Json | null {
  if (text === "") return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return { text };
  }
}
