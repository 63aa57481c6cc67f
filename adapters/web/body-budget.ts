/**
 * Bodies of requests whose sender is not known yet: a webhook's signature is over the whole of it, so it has to
 * be read first. All of them together may take only so much memory.
 */
import { Transform } from "node:stream";
import type { Readable } from "node:stream";
import { UserError } from "../../src/errors.ts";

export class BodyBudget {
  #left: number;

  /** @param bytes of all bodies at once */
  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** The same body, which fails once there is no room for more of it; the room is given back at `done`. */
  take(body: Readable): { body: Readable; done(): void } {
    let taken = 0;
    const counted = new Transform({
      transform: (chunk: Buffer, _encoding, next) => {
        if (chunk.length > this.#left) {
          next(new UserError("host-busy", "Too much arrives at once; send it again in a moment."));
          return;
        }
        this.#left -= chunk.length;
        taken += chunk.length;
        next(null, chunk);
      },
    });
    body.once("error", (error) => counted.destroy(error));
    return {
      body: body.pipe(counted),
      done: () => {
        this.#left += taken;
        taken = 0;
      },
    };
  }
}
