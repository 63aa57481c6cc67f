/** Repositories on this machine's disk, as somebody names one by HTTP. */
import type { Engine } from "../../src/engine.ts";
import { UserError } from "../../src/errors.ts";

/**
 * Whoever uses this machine may name any repository on it. Whoever comes from elsewhere, with the token too, may
 * name those that Redline was shown by the person at the machine, and learns nothing of others.
 *
 * @param isHere whether nobody but the person at this machine can call @throws UserError forbidden
 */
export async function assertMayName(
  engine: Pick<Engine, "rfcs">,
  repository: string,
  isHere: boolean,
): Promise<void> {
  if (isHere || !/^\s*file:/i.test(repository)) return;
  const known = await engine.rfcs.list(null);
  if (known.some((rfc) => rfc.repository === repository)) return;
  throw new UserError(
    "forbidden",
    "A repository on Redline's own disk is made known there, by “redline start path/to/RFC.md”; from elsewhere give owner/name on GitHub.",
  );
}
