/** Signed webhooks, sent one after the other like GitHub: once, ten seconds each, never again by itself. */
import { randomUUID } from "node:crypto";

import { signatureOf } from "./auth.ts";
import type { Auth } from "./auth.ts";
import type { Json } from "./model.ts";
import type { Show } from "./show.ts";
import { payloadOf } from "./webhook-payloads.ts";
import type { WorldEvent } from "./world.ts";

/** One delivery of one event to one address. */
export interface Delivery {
  /** `X-GitHub-Delivery`; a redelivery has the same. */
  id: string;
  event: string;
  action: string | null;
  payload: Json;
  /** What the receiver answered; 0 when it did not; null while it was not sent, or dropped. */
  status: number | null;
}

interface Target {
  url: string;
  secret: string;
}

/** Deliveries that are remembered; the oldest are forgotten. */
const LOG_LIMIT = 5_000;
const BUDGET = 10_000;

export class Webhooks {
  readonly deliveries: Delivery[] = [];
  readonly #targets: Target[] = [];
  readonly #closing = new AbortController();
  #show: (() => Show) | null = null;
  #auth: Auth | null = null;
  #violations: string[] = [];
  #working: Promise<void> = Promise.resolve();
  #held: Delivery[] | null = null;
  #drops: (delivery: Delivery) => boolean = () => false;

  /** Called once, by the fake itself. */
  connect(show: () => Show, auth: Auth, violations: string[]): void {
    this.#show = show;
    this.#auth = auth;
    this.#violations = violations;
  }

  /** From now on every event goes there as well. */
  to(url: string, secret: string): void {
    this.#targets.push({ url, secret });
  }

  /** Nobody gets events any more. */
  stop(): void {
    this.#targets.length = 0;
  }

  /** Events for which `lost` is true are never sent. */
  drop(lost: (delivery: Delivery) => boolean): void {
    this.#drops = lost;
  }

  /** Keeps events back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Sends what was held, in the order that `reorder` gives it. */
  release(reorder: (held: Delivery[]) => Delivery[] = (held) => held): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const delivery of reorder([...held])) this.#queue(delivery);
  }

  /** Sends a delivery once more, with the id that it had. */
  redeliver(delivery: Delivery): void {
    this.#queue(delivery);
  }

  /** When everything that was to be sent was answered. */
  async settled(): Promise<void> {
    let seen: Promise<void> | null = null;
    while (seen !== this.#working) {
      seen = this.#working;
      await seen;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  /** The payload is of the moment of the event; sending it waits for its turn. */
  tell(event: WorldEvent): void {
    if (!this.#show || !this.#auth || this.#targets.length === 0) return;
    const making = payloadOf(this.#show(), this.#auth, event).catch((error: unknown) => {
      this.#violations.push(`no payload of ${event.name}: ${String(error)}`);
      return null;
    });
    this.#then(async () => {
      const payload = await making;
      if (payload === null) return;
      const action = typeof payload["action"] === "string" ? payload["action"] : null;
      const delivery = { id: randomUUID(), event: event.name, action, payload, status: null };
      this.deliveries.push(delivery);
      if (this.deliveries.length > LOG_LIMIT) this.deliveries.shift();
      if (this.#drops(delivery)) return;
      if (this.#held) this.#held.push(delivery);
      else await this.#send(delivery);
    });
  }

  #queue(delivery: Delivery): void {
    this.#then(async () => await this.#send(delivery));
  }

  #then(step: () => Promise<void>): void {
    this.#working = this.#working.then(step);
  }

  async #send(delivery: Delivery): Promise<void> {
    const body = JSON.stringify(delivery.payload);
    for (const { url, secret } of this.#targets) {
      if (this.#closing.signal.aborted) return;
      const headers = {
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/fake",
        "x-github-event": delivery.event,
        "x-github-delivery": delivery.id,
        "x-hub-signature-256": signatureOf(secret, body),
      };
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(BUDGET)]);
      const answer = await fetch(url, { method: "POST", headers, body, signal }).catch(() => null);
      await answer?.arrayBuffer().catch(() => undefined);
      delivery.status = answer?.status ?? 0;
    }
  }
}
