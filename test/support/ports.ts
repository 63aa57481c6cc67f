import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the range from which systems take the ports of outgoing connections (Linux: from 32,768 on). */
const FROM = 20_000;
const TO = 32_000;
const TRIES = 20;

/** A port that nobody listened on a moment ago, and that no connection takes by chance. */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(FROM, TO);
    const server = createServer();
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      server.close();
      await once(server, "close");
      return port;
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}
