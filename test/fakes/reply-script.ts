/**
 * What a fake model server answers, step by step. A script is a list:
 *
 *     fake.reply(["Hello ", "world."]);                    // text deltas, then a normal end
 *     fake.reply(["Hel", gate.wait, "lo", cut]);           // waits for `gate.open()`, then breaks the line
 *     fake.reply(["Half an ans", stop("max_tokens")]);
 *     fake.reply(httpError(529, { retryAfter: 5 }));       // instead of a stream
 *     fake.reply((request) => [changeBlock(request.tag, { original: "a", proposed: "b" })]);
 *
 * The headers of the response go out with the first step that writes something, so `[hang]` answers
 * nothing at all, `[ping, hang]` only a keep-alive, `[cut]` breaks the line without an answer, and
 * `[end]` is an empty stream.
 */

/** A string is a text delta; a function is called and awaited before the next step. */
export type Step =
  | string
  | (() => unknown)
  | { step: "bytes"; bytes: Uint8Array }
  | { step: "raw"; text: string }
  | { step: "thinking"; text: string }
  | { step: "stop"; reason: string }
  | { step: "error"; type: string }
  | { step: "ping" }
  | { step: "end" }
  | { step: "cut" }
  | { step: "hang" };

/** An answer that is no stream. */
export interface HttpFailure {
  status: number;
  type: string | undefined;
  retryAfter: number | undefined;
  /** Instead of the provider's own error body. */
  body: string | undefined;
}

export type Reply = readonly Step[] | HttpFailure;

/** A text delta of exactly these bytes; they may be no UTF-8. */
export const bytes = (...values: number[]): Step => ({
  step: "bytes",
  bytes: Uint8Array.from(values),
});

/** Written to the stream as it is. */
export const raw = (text: string): Step => ({ step: "raw", text });

/** A delta of the model's reasoning, which is no text of the answer. */
export const thinking = (text: string): Step => ({ step: "thinking", text });

/** Ends the answer for a reason: a `ModelStop`, or a provider's own word. Every script ends "complete". */
export const stop = (reason: string): Step => ({ step: "stop", reason });

/** An `error` event within the stream, and its end. */
export const streamError = (type: string): Step => ({ step: "error", type });

/** A keep-alive. */
export const ping: Step = { step: "ping" };

/** Ends the response without ending the answer. */
export const end: Step = { step: "end" };

/** Breaks the connection. */
export const cut: Step = { step: "cut" };

/** Sends nothing more, and leaves the connection open until the client or the fake closes. */
export const hang: Step = { step: "hang" };

/** An error status with the provider's own body; `type` where it is not the usual one of the status. */
export function httpError(
  status: number,
  options: { type?: string; retryAfter?: number; body?: string } = {},
): HttpFailure {
  const { type, retryAfter, body } = options;
  return { status, type, retryAfter, body };
}

/** Words of every error that a fake makes up; nothing of it may reach a person. */
export const PROVIDER_WORDS = "made-up words of the provider";

export interface Gate {
  /** A step: the script stops here until the gate is open. */
  wait: () => Promise<void>;
  /** Resolves when a script has come to the gate, so that everything before it was sent. */
  reached: Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  let open = (): void => {};
  let arrive = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  return {
    reached,
    open: () => open(),
    wait() {
      arrive();
      return opened;
    },
  };
}

/** A change block as a model writes it; `tag` is the opening tag, see `ModelCall.tag`. */
export function changeBlock(
  tag: string,
  fields: Partial<Record<"original" | "proposed" | "after" | "before" | "reason", string>>,
): string {
  const lines = Object.entries(fields).map(([name, body]) => `<${name}>${body}</${name}>`);
  return [tag, ...lines, "</change>", ""].join("\n");
}
