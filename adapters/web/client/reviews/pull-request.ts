/** What an RFC's pull request means for what can be done in the console. Pure. */
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";

/** Why a change of that branch cannot be committed, as a sentence; null where it can. */
export function whyReadOnly(rfc: RfcDetailJson, branch: string = rfc.branch): string | null {
  return branch === rfc.branch ? (rfc.pull_request?.read_only ?? null) : null;
}

export interface SuggestionFace {
  /** What is shown on the pull request; null when that is nothing. */
  words: string | null;
  url: string | null;
  /** Whether somebody may want it posted who looks at it now. */
  canPost: boolean;
}

/** Where a change stands on GitHub. What is closed there, or was removed, is nothing to go to. */
export function suggestionFace(change: ChangeJson, rfc: RfcDetailJson): SuggestionFace {
  const { suggestion } = change;
  switch (suggestion?.state) {
    case "live":
      return {
        words:
          suggestion.form === "suggestion" ? "Suggestion on GitHub" : "Shown on GitHub as a diff",
        url: webAddress(suggestion.url),
        canPost: false,
      };
    case "posting":
      return { words: "Being posted on GitHub…", url: null, canPost: false };
    default: {
      const wanted = rfc.suggestions === "on_request" || suggestion?.state === "removed";
      return { words: null, url: null, canPost: wanted && isPostable(change, rfc) };
    }
  }
}

/** What has no sure place has none on the pull request either. */
function isPostable(change: ChangeJson, rfc: RfcDetailJson): boolean {
  const { state, drift, certainty, passage, branch_name: branch } = change;
  if (rfc.pull_request?.state !== "open" || branch !== rfc.branch) return false;
  const isSure = certainty === "certain" || certainty === "high";
  return state === "pending" && drift === "fresh" && isSure && passage !== null;
}

/** Addresses come from another host: only those of web pages become links. */
export function webAddress(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) ? url : null;
}
