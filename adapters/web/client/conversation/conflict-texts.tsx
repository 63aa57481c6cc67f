import type { ChangeJson } from "../../views/change-view.ts";
import { RedlineText } from "../ui/redline-text.tsx";
import { isMarkup } from "./card-excerpt.ts";

interface Props {
  change: ChangeJson;
  /** The document at the tip, to show what the passage reads now. */
  body: string | null;
}

/** The three texts of a conflict; side by side where there is room. */
export function ConflictTexts({ change, body }: Props) {
  const { slice, replacement } = change;
  const now = presentText(change, body);
  const code = isMarkup(slice) || isMarkup(replacement);
  return (
    <div class="conflict">
      <dl>
        <div>
          <dt>As it was then</dt>
          <dd>
            <RedlineText before={slice} after={slice} code={code} />
          </dd>
        </div>
        <div>
          <dt>As it is now</dt>
          <dd>
            {now === null ? (
              <span class="quiet">The document cannot be read.</span>
            ) : (
              <RedlineText before={slice} after={now} code={code} />
            )}
          </dd>
        </div>
        <div>
          <dt>As proposed</dt>
          <dd>
            <RedlineText before={slice} after={replacement} code={code} />
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
