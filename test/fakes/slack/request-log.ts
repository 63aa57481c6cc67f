import type { Json } from "./model.ts";

/** One call of the Web API, as the fake saw it. */
export interface LoggedCall {
  method: string;
  /** Null for the app-level token, and where there was none. */
  teamId: string | null;
  /** Of their types. */
  args: Json;
  /** 0 while it is under way, and where the connection was cut. */
  status: number;
  /** Null while it is under way or cut, else the body. */
  answer: Json | null;
  /** The answer's `error`. */
  error: string | null;
  /** Clock's milliseconds. */
  at: number;
  /** Whether a scripted fault struck. */
  isFault: boolean;
}
