import type { WaitingJson } from "../../views/insight-view.ts";

/** What somebody can do about what waits for them, and why it waits, as a sentence. Pure. */
export function waitingTask({ kind, change }: Pick<WaitingJson, "kind" | "change">): string {
  const which = change ? `change #${change.number}` : "a change";
  switch (kind) {
    case "failed":
      return "Ask again: the answer to your message failed.";
    case "conflict":
      return `Settle ${which}: its passage was edited meanwhile.`;
    case "place":
      return `Choose where ${which} belongs: its place is not sure.`;
    case "confirm":
      return `Confirm ${which}: its passage was edited or moved.`;
    case "answer":
      return "Read the answer to your message.";
    case "decision":
      return `Accept or decline ${which}.`;
  }
}
