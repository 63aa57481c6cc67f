/**
 * Signing in on the console: a browser is sent to the host of repositories with a state and the hash of a secret that
 * it keeps, and comes back with a code. Whoever the host says it is becomes the person who has that account already,
 * as in chat (decision 0020).
 */
import { createHash, randomBytes } from "node:crypto";
import type { Encryption } from "../encryption.ts";
import { UnsealError } from "../encryption.ts";
import { UserError } from "../errors.ts";
import { number, record, text } from "../json.ts";
import type { Logger } from "../log.ts";
import type { SignInHost } from "../ports.ts";
import { isSameSecret } from "../same-secret.ts";
import type { ConnectedAccounts } from "../rfcs/connected-accounts.ts";
import type { Sql } from "../store/database.ts";
import {
  deleteEndedSessions,
  deleteSession,
  deleteSessionsOf,
  findSession,
  insertSession,
  listSessions,
  touchSession,
} from "../store/sessions.ts";
import { localPath } from "./local-path.ts";
import type { Flow, Returned, Session, SignedIn, SignInDesk } from "./session.ts";

export interface SignInDeps {
  sql: Sql;
  host: SignInHost;
  accounts: ConnectedAccounts;
  encryption: Encryption;
  /** The console's address, as the host has it in the App's settings. */
  publicUrl: string;
  logger: Logger;
  now?: () => number;
}

/** Where the host sends people back to, behind the console's address. */
export const CALLBACK_PATH = "/sign-in/github/callback";

export function callbackUrl(publicUrl: string): string {
  return publicUrl.replace(/\/+$/, "") + CALLBACK_PATH;
}

/** For how long a flow may be on its way, as GitHub's codes. */
export const FLOW_MS = 10 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** Without a sign of life, and whatever is done. */
const IDLE_MS = 7 * DAY_MS;
export const SESSION_MS = 30 * DAY_MS;
const MAX_AGENT = 200;
const USE = "sign-in flow";

interface OpenFlow {
  state: string;
  verifier: string;
  to: string;
}

export class SignIn implements SignInDesk {
  private readonly deps: SignInDeps;
  private readonly redirectUrl: string;

  constructor(deps: SignInDeps) {
    this.deps = deps;
    this.redirectUrl = callbackUrl(deps.publicUrl);
  }

  begin(to: string): { url: string; flow: Flow } {
    const [state, verifier] = [secret(), secret()];
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const url = this.deps.host.addressOf({ state, challenge, redirectUrl: this.redirectUrl });
    const kept = { state, verifier, to: localPath(to), at: this.now() };
    return { url, flow: this.deps.encryption.seal(JSON.stringify(kept), USE) };
  }

  targetOf(flow: Flow | null): string {
    return this.open(flow)?.to ?? "/";
  }

  async finish(flow: Flow | null, back: Returned): Promise<{ token: string; to: string }> {
    const { sql, host, accounts } = this.deps;
    const kept = this.open(flow);
    // Somebody else's code would sign this browser in as them.
    if (kept === null || back.state === null || !isSameSecret(back.state, kept.state)) {
      throw new UserError(
        "unauthorized",
        "This sign-in was not begun in this browser, or more than ten minutes ago; begin it once more.",
      );
    }
    if (back.error !== null || back.code === null) throw host.refusalOf(back.error ?? "");
    const { verifier, to } = kept;
    const granted = await host.exchange({
      code: back.code,
      verifier,
      redirectUrl: this.redirectUrl,
    });
    const { userId, accountId } = await accounts.signIn(granted);
    const token = secret();
    const agent = back.agent.slice(0, MAX_AGENT).toWellFormed().replaceAll("\u0000", "");
    await deleteEndedSessions(sql, IDLE_MS);
    const session = { tokenHash: hashOf(token), userId, accountId, agent, forMs: SESSION_MS };
    await insertSession(sql, session);
    return { token, to };
  }

  async find(token: string): Promise<SignedIn | null> {
    const { sql, logger } = this.deps;
    if (!TOKEN.test(token)) return null;
    const found = await findSession(sql, hashOf(token), IDLE_MS);
    if (!found) return null;
    const { id: sessionId, isDue, ...who } = found;
    // Who only reads goes on reading while the database takes no writes.
    const touched = isDue ? touchSession(sql, sessionId) : null;
    await touched?.catch((error: unknown) => {
      logger.warn({ err: error, sessionId }, "a session's sign of life could not be noted");
    });
    return { ...who, sessionId };
  }

  async sessions({ user, sessionId }: SignedIn): Promise<Session[]> {
    const all = await listSessions(this.deps.sql, user.id, IDLE_MS);
    return all.map((session) => ({ ...session, isCurrent: session.id === sessionId }));
  }

  signOut({ sessionId }: SignedIn): Promise<void> {
    return deleteSession(this.deps.sql, sessionId);
  }

  signOutEverywhere({ user }: SignedIn): Promise<void> {
    return deleteSessionsOf(this.deps.sql, user.id);
  }

  /** Null for what is none of ours, or too old. */
  private open(flow: Flow | null): OpenFlow | null {
    if (flow === null) return null;
    try {
      const kept = record(JSON.parse(this.deps.encryption.unseal(flow, USE).text));
      const [state, verifier] = [text(kept["state"]), text(kept["verifier"])];
      const at = number(kept["at"]);
      if (state === null || verifier === null || at === null) return null;
      if (this.now() - at > FLOW_MS) return null;
      return { state, verifier, to: localPath(text(kept["to"]) ?? "/") };
    } catch (error) {
      if (error instanceof UnsealError) return null;
      throw error;
    }
  }

  private now(): number {
    return (this.deps.now ?? Date.now)();
  }
}

/** 256 bits. */
const secret = (): string => randomBytes(32).toString("base64url");
const TOKEN = /^[\w-]{43}$/;

const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");
