/**
 * Whose a session is, asked before anything is known of the caller. Nobody is kept out by what others send from their
 * address; but where sessions come from that are nobody's, one at a time is looked up.
 */
import type { SignedIn, SignInDesk } from "../../src/sign-in/session.ts";
import { FewAtOnce } from "../../src/waiting.ts";
import { WrongTries } from "./admin/wrong-tries.ts";

/** The rest of the connections to the database is for what was let in. */
const AT_ONCE = 8;

export class SessionLookups {
  readonly #desk: Pick<SignInDesk, "find">;
  readonly #unknown: WrongTries;
  readonly #quiet = new FewAtOnce(AT_ONCE);
  readonly #noisy = new FewAtOnce(1);

  /** @param most sessions of nobody's in a minute that an address may send before it counts as noisy */
  constructor(desk: Pick<SignInDesk, "find">, most: number) {
    this.#desk = desk;
    this.#unknown = new WrongTries(Date.now, most);
  }

  async find(token: string, address: string): Promise<SignedIn | null> {
    const lane = this.#unknown.waitS(address) > 0 ? this.#noisy : this.#quiet;
    const found = await lane.run(() => this.#desk.find(token));
    if (found === null) this.#unknown.add(address);
    return found;
  }
}
