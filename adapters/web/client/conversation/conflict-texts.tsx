import type { ChangeJson } from "../../views/change-view.ts";
import { RedlineText } from "../ui/redline-text.tsx";

interface Props {
  change: ChangeJson;
  /** The document at the tip, to show what the passage reads now. */
  body: string | null;
}

/** The three texts of a conflict: what it was written on, what is there now, what it proposes. */
export function ConflictTexts({ change: { passage, slice, replacement }, body }: Props) {
  const now = passage && body !== null ? body.slice(passage.start, passage.end) : null;
  return (
    <dl class="conflict">
      <dt>Proposed</dt>
      <dd>
        <RedlineText before={slice} after={replacement} />
      </dd>
      <dt>In the document meanwhile</dt>
      <dd>
        {now === null ? (
          <span class="quiet">The document cannot be read.</span>
        ) : (
          <RedlineText before={slice} after={now} />
        )}
      </dd>
    </dl>
  );
}
