/** Which concern somebody wants to see. */
import { navigate, rfcPath } from "../router.ts";
import type { Desk } from "../state/desk.ts";
import { createStore } from "../state/store.ts";
import { concernMark } from "./concern-places.ts";

/** The id of the concern that is to be shown; null once it was. */
export const wantedConcern = createStore<string | null>(null);
let last = "";

/** Concerns stand together, above the threads. */
export function showConcern(desk: Desk, id: string): void {
  desk.pane.set("conversation");
  last = concernMark(id);
  wantedConcern.set(id);
  navigate(rfcPath(desk.rfc.slug));
}

/** Of the one that was looked at last. */
export function shownConcernMark(): string {
  return last;
}
