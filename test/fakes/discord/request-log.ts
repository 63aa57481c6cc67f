import type { Json } from "./model.ts";

/** One request, as the fake saw it. */
export interface LoggedRequest {
  /** `POST /channels/{channel_id}/messages`; the plain path where the contract has no such route. */
  route: string;
  params: Record<string, string>;
  query: Record<string, string>;
  /** Of multipart bodies the `payload_json`. Undefined where there was none. */
  body: unknown;
  /** Names of uploaded files. */
  files: string[];
  /** 0 while it is under way, and where the connection was cut. */
  status: number;
  /** Null while it is under way, cut or without a body. */
  answer: Json | Json[] | null;
  /** The answer's `code`. */
  code: number | null;
  /** Clock's milliseconds. */
  at: number;
  /** Whether a scripted fault struck. */
  isFault: boolean;
}
