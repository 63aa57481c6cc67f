import { timeOfId } from "./place.ts";

/** From then on Discord takes few edits of a message; how few it does not say. */
const OLD_MS = 60 * 60_000;

/** Which messages are old by their ids: as long as ids tell the time, which those behind a proxy need not. */
export class MessageAges {
  #tells = true;

  /** @param id of a message that was posted just now; `now` in milliseconds since 1970 */
  learn(id: string, now: number): void {
    this.#tells = Math.abs(now - timeOfId(id)) < OLD_MS;
  }

  isOld(id: string, now: number): boolean {
    return this.#tells && now - timeOfId(id) > OLD_MS;
  }
}
