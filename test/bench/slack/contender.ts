/** What the programs that Redline is measured beside share: how the benchmark talks with them. */
import type { MadeAt } from "../support/token-stream.ts";

/** What a contender is started with. */
export interface SlackAccount {
  apiUrl: string;
  botToken: string;
  appToken: string;
}

/** One answer to write. */
export interface Asked {
  stream: number;
  teamId: string;
  channel: string;
  threadTs: string;
  userId: string;
}

export const account = (): SlackAccount => JSON.parse(process.env["ACCOUNT"]!) as SlackAccount;

/** Begins when the benchmark says so, and tells when each delta was made. */
export function serve(made: MadeAt, answer: (asked: Asked) => Promise<void>): void {
  process.on("message", (message) => {
    if (message === "made") process.send!({ made });
    else if (message === "stop") process.exit(0);
    else {
      answer(message as Asked).catch((error: unknown) => {
        console.error(String(error));
      });
    }
  });
  process.send!({ ready: true });
}
