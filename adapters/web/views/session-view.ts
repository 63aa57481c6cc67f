import type { PersonAccount } from "../../../src/rfcs/person.ts";
import type { Session } from "../../../src/sign-in/session.ts";

export interface SessionJson {
  /** `local` uses this machine, `token` has the operator's token, `person` has signed in. */
  kind: "local" | "token" | "person";
  name: string;
  /** Of the account on GitHub; null for whoever has none here. */
  login: string | null;
  sessions: {
    id: string;
    agent: string;
    created_at: string;
    seen_at: string;
    current: boolean;
  }[];
  /** Accounts that are the same person. */
  accounts: { platform: string; workspace: string | null; name: string }[];
}

export function sessionView(
  who: Pick<SessionJson, "kind" | "name" | "login">,
  sessions: readonly Session[],
  accounts: readonly PersonAccount[],
): SessionJson {
  return {
    ...who,
    sessions: sessions.map(({ id, agent, createdAt, seenAt, isCurrent }) => ({
      id,
      agent,
      created_at: createdAt.toISOString(),
      seen_at: seenAt.toISOString(),
      current: isCurrent,
    })),
    accounts: accounts.map(({ platform, workspace, name }) => ({ platform, workspace, name })),
  };
}
