/** Whether a turn may begin. Pure: what is known is given, what is to be done is answered. */
import type { ProblemType } from "../errors.ts";
import {
  describeNotAllowed,
  describeReached,
  describeStopped,
  describeWarning,
} from "./describe.ts";
import type { Standing } from "./limit.ts";
import { beginOf, spentOf } from "./limit.ts";
import { isAllowed } from "./rules.ts";
import type { Stop } from "./rules.ts";

export interface Known {
  now: Date;
  stop: Stop | null;
  modelId: string;
  /** Null where every model may be used. */
  allowed: readonly string[] | null;
  standings: readonly Standing[];
}

/** What is told in a thread, once for each key. */
export interface Notice {
  key: string;
  text: string;
}

export type Admission =
  /** `warnings`: limits that are nearly reached. */
  | { admitted: true; warnings: readonly { standing: Standing; text: string }[] }
  | { admitted: false; type: ProblemType; notice: Notice };

const WARN_PART = 0.8;

export function admit(known: Known): Admission {
  const { now, stop, modelId, allowed, standings } = known;
  if (stop) {
    const key = `stopped:${stop.since.toISOString()}`;
    return refuse("answers-stopped", key, describeStopped(stop));
  }
  if (!isAllowed(allowed, modelId)) {
    const key = `model:${modelId.slice(0, 100)}:${beginOf("day", now)}`;
    return refuse("model-not-allowed", key, describeNotAllowed(modelId, allowed!));
  }
  const used = standings.filter(({ limit, spent }) => spentOf(limit, spent) >= limit.amount);
  // Who is told of the longest wait is not told of another one after it; what is nothing has no end.
  const last =
    used.find(({ limit }) => limit.amount === 0) ??
    used.find(({ limit }) => limit.period === "month") ??
    used[0];
  if (last) return refuse("budget-reached", keyOf(last, now), describeReached(last, now));
  const taken = standings.find(
    ({ limit, spent, reserved }) => spentOf(limit, spent) + reserved >= limit.amount,
  );
  if (taken) {
    // Another minute is another moment to say so: what runs may leave something.
    const key = `${keyOf(taken, now)}:${now.toISOString().slice(11, 16)}`;
    return refuse("budget-reached", key, describeReached(taken, now, "in use"));
  }
  const warnings = standings
    .filter(({ scope, limit, spent }) => {
      return scope === "workspace" && spentOf(limit, spent) >= limit.amount * WARN_PART;
    })
    .map((standing) => ({ standing, text: describeWarning(standing, now) }));
  return { admitted: true, warnings };
}

function refuse(type: ProblemType, key: string, text: string): Admission {
  return { admitted: false, type, notice: { key, text } };
}

/** Another one for each amount: who was given more is told again when that is used up as well. */
function keyOf({ scope, scopeId, limit }: Standing, now: Date): string {
  const { unit, period, amount } = limit;
  return `budget:${scope}:${scopeId}:${unit}/${period}:${beginOf(period, now)}:${amount}`;
}
