/** Accepts changes one after another, each waiting for the commit of the one before. */
import type { ChangeJson } from "../../views/change-view.ts";
import { api, ApiError, sentence } from "../api.ts";

export interface AcceptOutcome {
  change: ChangeJson;
  /** Null when it was committed. */
  problem: string | null;
}

interface Watch {
  onChange(change: ChangeJson): void;
  onOutcome(outcome: AcceptOutcome): void;
  stopped(): boolean;
}

const LOOK_MS = 100;
const LONGEST_MS = 60_000;

export async function acceptAll(changes: readonly ChangeJson[], watch: Watch): Promise<void> {
  let hindrance: string | null = null;
  for (const change of changes) {
    if (hindrance === null && watch.stopped()) hindrance = "Not tried: you stopped before it.";
    if (hindrance !== null) {
      watch.onOutcome({ change, problem: hindrance });
      continue;
    }
    try {
      watch.onOutcome(outcomeOf(await acceptOne(change, watch)));
    } catch (error) {
      watch.onOutcome({ change, problem: sentence(error) });
      const offline = error instanceof ApiError && error.kind === "offline";
      if (offline) hindrance = "Not tried: the server did not answer.";
    }
  }
}

async function acceptOne(change: ChangeJson, watch: Watch): Promise<ChangeJson> {
  let now = await api.accept(change.id);
  watch.onChange(now);
  const until = Date.now() + LONGEST_MS;
  while (now.state === "accepting" && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    now = await api.change(change.id);
  }
  watch.onChange(now);
  return now;
}

function outcomeOf(change: ChangeJson): AcceptOutcome {
  if (change.state === "accepted") return { change, problem: null };
  if (change.state === "accepting") {
    return { change, problem: "Its commit takes long; it goes on without this window." };
  }
  return { change, problem: change.failure ?? `It is ${change.state} now.` };
}
