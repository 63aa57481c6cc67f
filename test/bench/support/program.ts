/** What the programs that Redline is measured beside share: how the benchmark talks with them. */
import type { MadeAt } from "./token-stream.ts";

/** What the program was started with. */
export const account = (): unknown => JSON.parse(process.env["ACCOUNT"]!);

/** Begins when the benchmark says so, and tells when each delta was made. */
export function serve(made: MadeAt, answer: (asked: unknown) => Promise<void>): void {
  process.on("message", (message) => {
    if (message === "made") process.send!({ made });
    else if (message === "stop") process.exit(0);
    else {
      answer(message).catch((error: unknown) => {
        console.error(String(error));
      });
    }
  });
  process.once("disconnect", () => process.exit(0));
  process.send!({ ready: true });
}

/** Of `chat` and its packages, what is used: they are not there until the benchmark has installed them. */
export interface ChatPackages {
  Chat: new (options: object) => {
    onNewMention(
      answer: (
        thread: { post(stream: AsyncIterable<string>): Promise<unknown> },
        message: { text: string },
      ) => Promise<void>,
    ): void;
    initialize(): Promise<void>;
  };
  createMemoryState(): object;
}
