/**
 * Takes GitHub's webhooks: verifies, normalises, has them stored, and answers. Nothing is worked off here,
 * since GitHub gives a delivery 10 seconds and does not repeat it by itself.
 */
import { Webhooks } from "@octokit/webhooks";
import { problem } from "../../src/errors.ts";
import type { Problem } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import type { HostEvent } from "../../src/reviews/host-event.ts";
import { readEvent } from "./webhook-events.ts";

export interface WebhookReceiverOptions {
  /** What GitHub signs with; not empty. */
  secret: string;
  /** Stores an event unless its id is known. A rejection is answered with 503. */
  store: (event: HostEvent) => Promise<"stored" | "known">;
  logger: Logger;
}

/** Headers as Node gives them: names in lower case. */
export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface WebhookAnswer {
  status: number;
  /** Set for what was refused. */
  body?: Problem;
}

/**
 * Answers one delivery; never rejects. 202: stored, known, or of no concern; 200: a ping; 401: not signed with
 * the secret, and nothing else of it was looked at; 400: no delivery of GitHub's; 503: could not be stored, so
 * that it stands among GitHub's failed deliveries, from where people can send it again. The size of
 * `rawBody` is the caller's to limit (GitHub's own limit is 25 MB).
 */
export type WebhookReceiver = (headers: WebhookHeaders, rawBody: Buffer) => Promise<WebhookAnswer>;

const FORM = "application/x-www-form-urlencoded";
/** GitHub's are UUIDs. */
const DELIVERY_ID = /^[\w-]{1,100}$/;

export function createWebhookReceiver(options: WebhookReceiverOptions): WebhookReceiver {
  const { store, logger } = options;
  const webhooks = new Webhooks({ secret: options.secret });

  return async (headers, rawBody) => {
    const body = rawBody.toString("utf8");
    const signature = one(headers, "x-hub-signature-256");
    // The library throws where either is empty.
    if (body === "" || !signature || !(await webhooks.verify(body, signature))) {
      logger.warn({}, "a webhook was refused: its signature is not GitHub's");
      return refusal("unauthorized", "The delivery is not signed with GITHUB_WEBHOOK_SECRET.");
    }
    const read = readDelivery(headers, body);
    if ("status" in read) return read;
    if (read.name === "ping") return { status: 200 };
    return await take(read);
  };

  async function take({ name, deliveryId, payload }: Delivery): Promise<WebhookAnswer> {
    let event: HostEvent | null;
    try {
      event = readEvent(name, deliveryId, payload);
    } catch (error) {
      logger.warn({ err: error, eventId: deliveryId, name }, "a webhook's payload cannot be read");
      return refusal("invalid-request", `The payload is not that of the event ${name}.`);
    }
    if (event === null) {
      logger.debug({ eventId: deliveryId, name }, "a webhook of no concern");
      return { status: 202 };
    }
    try {
      const outcome = await store(event);
      logger.debug({ eventId: deliveryId, name, outcome }, "a webhook was taken");
      return { status: 202 };
    } catch (error) {
      logger.error({ err: error, eventId: deliveryId, name }, "a webhook could not be stored");
      return refusal("not-ready", "The delivery could not be stored; send it again later.");
    }
  }
}

/** A delivery that GitHub has signed. */
interface Delivery {
  name: string;
  deliveryId: string;
  payload: unknown;
}

function readDelivery(headers: WebhookHeaders, body: string): Delivery | WebhookAnswer {
  const name = one(headers, "x-github-event");
  const deliveryId = one(headers, "x-github-delivery");
  if (!name || !deliveryId || !DELIVERY_ID.test(deliveryId)) {
    const detail = "A delivery needs the headers X-GitHub-Event and X-GitHub-Delivery.";
    return refusal("invalid-request", detail);
  }
  const isForm = one(headers, "content-type")?.split(";")[0]?.trim().toLowerCase() === FORM;
  const json = isForm ? new URLSearchParams(body).get("payload") : body;
  try {
    return { name, deliveryId, payload: JSON.parse(json ?? "") };
  } catch {
    return refusal("invalid-request", "The delivery's payload is not JSON.");
  }
}

function one(headers: WebhookHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function refusal(type: Parameters<typeof problem>[0], detail: string): WebhookAnswer {
  const body = problem(type, detail);
  return { status: body.status, body };
}
