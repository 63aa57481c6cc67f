import { UserError } from "../errors.ts";
import { HostBusy } from "../ports.ts";

/**
 * What documents are asked for: where their host wants to be left alone, the person is told so at once and
 * asks again. (A chat platform that is busy is asked again by itself.) @throws UserError
 */
export async function orTold<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof HostBusy)) throw error;
    throw new UserError("host-busy", error.message, { cause: error });
  }
}
