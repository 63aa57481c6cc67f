import { useState } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api } from "../api.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { Notice } from "../ui/notice.tsx";
import { suggestionFace } from "./pull-request.ts";

interface Props {
  change: ChangeJson;
  rfc: RfcDetailJson;
}

/** Where the change is on GitHub, or the way to have it there. */
export function SuggestionLine({ change, rfc }: Props) {
  const desk = useDesk();
  const action = useAction();
  const [asked, setAsked] = useState(false);
  // What is posted is no event of the thread: the document's own list of changes hears of it.
  const newest = rfc.changes.find(({ id }) => id === change.id)?.suggestion ?? change.suggestion;
  const { words, url, canPost } = suggestionFace({ ...change, suggestion: newest }, rfc);
  const post = async (): Promise<void> => {
    desk.merge([await api.suggest(change.id)]);
    setAsked(true);
  };
  if (words === null && !canPost) return null;
  return (
    <div class="card-github">
      {words !== null &&
        (url === null ? (
          <span class="quiet">{words}</span>
        ) : (
          <a href={url} target="_blank" rel="noreferrer">
            {words}
          </a>
        ))}
      {canPost &&
        (asked ? (
          <span class="quiet" role="status">
            It will be on GitHub in a moment.
          </span>
        ) : (
          <button
            type="button"
            class="small"
            disabled={action.busy}
            onClick={() => void action.run(post)}
          >
            Post on GitHub
          </button>
        ))}
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
    </div>
  );
}
