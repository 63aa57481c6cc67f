/** What an event did when it was handled before, in part or in whole. */
import { hasDecided } from "../store/decisions.ts";
import type { ChatServices } from "./services.ts";

/** An event that may be handled again. */
interface Repeat {
  userId: string;
  /** From when on it may have been handled before; null where this is the first time. */
  since: Date | null;
}

/** Whether this very event has decided the change already, as this person. */
export async function isDecided(
  { sql }: Pick<ChatServices, "sql">,
  { userId, since }: Repeat,
  changeId: string,
  verdict: "accept" | "decline",
): Promise<boolean> {
  return since !== null && (await hasDecided(sql, { changeId, userId, verdict }, since));
}
