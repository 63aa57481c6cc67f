/** What a card's buttons carry: the random id of its showing, and which places it offered. */
import { createHash } from "node:crypto";

import type { ChosenPlace } from "../engine.ts";

/** `<id>`, or `<id>~<digest>` where places are offered: a press is about those, and no others. */
export function formatCardRef(id: string, choices: readonly ChosenPlace[]): string {
  return choices.length === 0 ? id : `${id}~${digestOf(choices)}`;
}

export function parseCardRef(ref: string): { id: string; offered: string | null } {
  const [id = "", offered = null] = ref.split("~", 2);
  return { id, offered };
}

/** Whether the places that were offered are those that would be chosen from now. */
export function offers(offered: string | null, choices: readonly ChosenPlace[]): boolean {
  return offered !== null && offered === digestOf(choices);
}

function digestOf(choices: readonly ChosenPlace[]): string {
  const places = choices.map(({ start, end, blobSha }) => [start, end, blobSha]);
  return createHash("sha256").update(JSON.stringify(places)).digest("base64url").slice(0, 10);
}
