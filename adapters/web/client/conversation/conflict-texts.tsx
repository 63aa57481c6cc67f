import type { ChangeJson } from "../../views/change-view.ts";
import { RedlineText } from "../ui/redline-text.tsx";

interface Props {
  change: ChangeJson;
  /** The document at the tip, to show what the passage reads now. */
  body: string | null;
}

/** The three texts of a conflict; side by side where there is room. */
export function ConflictTexts({ change, body }: Props) {
  const { slice, replacement } = change;
  const now = presentText(change, body);
  return (
    <div class="conflict">
      <dl>
        <div>
          <dt>Written on</dt>
          <dd class="redline-text">{slice}</dd>
        </div>
        <div>
          <dt>In the document now</dt>
          <dd>
            {now === null ? (
              <span class="quiet">The document cannot be read.</span>
            ) : (
              <RedlineText before={slice} after={now} />
            )}
          </dd>
        </div>
        <div>
          <dt>Proposed</dt>
          <dd>
            <RedlineText before={slice} after={replacement} />
          </dd>
        </div>
      </dl>
    </div>
  );
}

/** What the passage of a conflict reads now. */
export function presentText({ passage }: ChangeJson, body: string | null): string | null {
  return passage && body !== null ? body.slice(passage.start, passage.end) : null;
}
