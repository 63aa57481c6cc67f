/** Sends private messages: each once, at the pace of its platform, over any number of processes. */
import type { ChatPlatformName } from "../chat/chat-event.ts";
import type { ChatPlatform } from "../chat/chat-platform.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { noMetrics } from "../metrics.ts";
import type { Sql } from "../store/database.ts";
import type { HeldPrivateMessage } from "../store/private-messages.ts";
import {
  claimPrivateMessage,
  postponeAll,
  prunePrivateMessages,
  putFailed,
  putLater,
  putSent,
  putUnreachable,
  renewPrivateMessage,
  toPerson,
} from "../store/private-messages.ts";
import type { Outcome } from "./outcome.ts";
import { outcomeOf } from "./outcome.ts";

export interface SendingParts {
  sql: Sql;
  logger: Logger;
  metrics?: Metrics;
  platforms: ReadonlyMap<ChatPlatformName, ChatPlatform>;
  /** How long a message stays owned without a heartbeat. */
  leaseMs: number;
}

/** Messages that one process sends at the same time. */
const CONCURRENCY = 4;
const KEPT_MS = 30 * 24 * 60 * 60_000;

/** Another worker sends it by now. */
class MessageLost extends Error {
  override readonly name = "MessageLost";
}

/** Sends what is due, until nothing is. */
export async function sendDue(parts: SendingParts, signal: AbortSignal): Promise<void> {
  const { sql, platforms, leaseMs } = parts;
  const names = [...platforms.keys()];
  if (names.length === 0) return;
  const loops = Array.from({ length: CONCURRENCY }, async () => {
    let held: HeldPrivateMessage | null;
    do {
      held = signal.aborted ? null : await claimPrivateMessage(sql, names, leaseMs);
      if (held) await send(parts, held);
    } while (held);
  });
  await Promise.all(loops);
}

export function forgetOld({ sql }: Pick<SendingParts, "sql">, now: Date): Promise<void> {
  return prunePrivateMessages(sql, new Date(now.getTime() - KEPT_MS));
}

async function send(parts: SendingParts, held: HeldPrivateMessage): Promise<void> {
  const { sql, platforms } = parts;
  const platform = platforms.get(held.platform)!;
  const lease = keepLease(parts, held);
  try {
    const since = held.isRepeat ? held.createdAt : null;
    const sending = { since, guard: lease.assertHeld };
    const id = await platform.sendPrivate(toPerson(held), held.markdown, held.id, sending);
    await putSent(sql, held, id);
    count(parts, held, "sent");
  } catch (error) {
    if (!(error instanceof MessageLost)) await settle(parts, held, error);
  } finally {
    lease.end();
  }
}

function count(
  { metrics = noMetrics }: SendingParts,
  { kind }: HeldPrivateMessage,
  result: "sent" | "again" | "failed",
): void {
  metrics.count("private_messages_total", { kind, result });
  if (result === "again") metrics.count("retries_total", { what: "private_message" });
}

async function settle(
  parts: SendingParts,
  held: HeldPrivateMessage,
  error: unknown,
): Promise<void> {
  const { sql, logger } = parts;
  const now = Date.now();
  const outcome = outcomeOf(error, held, now);
  const fields = {
    err: error,
    privateMessageId: held.id,
    platform: held.platform,
    outcome: outcome.kind,
  };
  if (outcome.kind === "unreachable") logger.info(fields, "a person cannot be written to");
  else logger.warn(fields, "a private message was not sent");
  count(parts, held, outcome.kind === "later" ? "again" : "failed");
  switch (outcome.kind) {
    case "later":
      return putOff(sql, held, outcome, Math.max(outcome.at.getTime() - now, 0));
    case "unreachable":
      return putUnreachable(sql, held, outcome.why);
    case "failed":
      await putFailed(sql, held, outcome.why);
  }
}

/** @param inMs by this process's clock, as its moment is; the database may have another */
async function putOff(
  sql: Sql,
  held: HeldPrivateMessage,
  { all, maybeSent, failed }: Extract<Outcome, { kind: "later" }>,
  inMs: number,
): Promise<void> {
  if (all) await postponeAll(sql, held, inMs);
  await putLater(sql, held, { inMs, maybeSent, failed });
}

function keepLease(
  { sql, leaseMs }: SendingParts,
  held: HeldPrivateMessage,
): { assertHeld(): void; end(): void } {
  // By this process's own clock: after a freeze no heartbeat has told it anything yet.
  let heldUntil = performance.now() + leaseMs;
  const renew = async (): Promise<void> => {
    const asked = performance.now();
    heldUntil = (await renewPrivateMessage(sql, held, leaseMs)) ? asked + leaseMs : 0;
  };
  const heartbeat = setInterval(() => void renew().catch(() => {}), leaseMs / 3);
  return {
    assertHeld() {
      if (performance.now() > heldUntil) throw new MessageLost("another worker sends it by now");
    },
    end: () => clearInterval(heartbeat),
  };
}
