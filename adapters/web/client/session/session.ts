/** Who uses this console, for every page. */
import type { SessionJson } from "../../views/session-view.ts";
import { call } from "../api.ts";
import { createStore } from "../state/store.ts";

/** Null until it is known. */
export const session = createStore<SessionJson | null>(null);

let asked: Promise<void> | null = null;

/** Asks once; who cannot be asked now is asked by the next page. */
export function learnSession(): Promise<void> {
  asked ??= call<SessionJson>("GET", "/api/session").then(
    (known) => session.set(known),
    () => {
      asked = null;
    },
  );
  return asked;
}

export const sessionApi = {
  load: () => call<SessionJson>("GET", "/api/session"),
  signOut: () => call<void>("DELETE", "/api/session"),
  signOutEverywhere: () => call<void>("DELETE", "/api/sessions"),
};

/** Where one signs in, and comes back from to where one was. */
export function signInPath(): string {
  const { pathname, search, hash } = location;
  return `/sign-in?to=${encodeURIComponent(pathname + search + hash)}`;
}

/** A new page: nothing of whoever it was stays in this one. */
export function leave(): void {
  location.assign("/sign-in?out=1");
}
