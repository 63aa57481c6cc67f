import { readFileSync, statSync } from "node:fs";
import { UserError } from "../../src/errors.ts";

/** The user that Postgres runs as, where that is not the program's own. Fits the options of `spawn`. */
export interface RunAs {
  uid: number;
  gid: number;
}

/**
 * Whom root drops to, since Postgres refuses to run as root: the owner of the data if there is some already,
 * else `postgres`, else `nobody`. Users are never created.
 *
 * @throws UserError not-ready when there is none of them
 */
export function chooseRunAs(existingData: string): RunAs {
  const owner = statSync(existingData, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const passwd = readFileSync("/etc/passwd", "utf8");
  const found = findUser(passwd, "postgres") ?? findUser(passwd, "nobody");
  if (found !== undefined) return found;
  throw new UserError(
    "not-ready",
    "Postgres cannot run as root, and this machine has neither a user “postgres” nor “nobody”: start Redline as an ordinary user, or set DATABASE_URL.",
  );
}

/** A user's ids in the text of `/etc/passwd`; negative ones, as macOS has, as the unsigned number they are. */
export function findUser(passwd: string, name: string): RunAs | undefined {
  for (const line of passwd.split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user !== name || uid === undefined || gid === undefined) continue;
    if (!/^-?\d+$/.test(uid) || !/^-?\d+$/.test(gid)) continue;
    return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  return undefined;
}
