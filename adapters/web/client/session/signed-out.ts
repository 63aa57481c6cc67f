import { createStore } from "../state/store.ts";

/** Whether the server has said that nobody is signed in here any more. */
export const signedOut = createStore(false);
