import type { SearchHitJson } from "../../views/insight-view.ts";
import { sectionTrail } from "../conversation/section-title.ts";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";

export function HitItem({ hit }: { hit: SearchHitJson }) {
  return (
    <li>
      <Link class={`hit hit-${hit.kind}`} to={hitPath(hit)}>
        <span class="hit-head">
          <strong>{hitTitle(hit)}</strong>
          <span class="quiet">
            {hit.rfc_title}
            {hit.at !== null && (
              <>
                {" · "}
                <Time iso={hit.at} />
              </>
            )}
          </span>
        </span>
        <span class="hit-text">
          {hit.excerpt.map(({ text, found }, at) =>
            found ? <mark key={at}>{text}</mark> : <span key={at}>{text}</span>,
          )}
        </span>
      </Link>
    </li>
  );
}

/** The page that shows what was found, and in its fragment where on it. */
function hitPath(hit: SearchHitJson): string {
  const base = rfcPath(hit.rfc_slug, hit.thread_id);
  if (hit.kind === "document") return `${base}#at-${hit.offset ?? 0}`;
  if (hit.kind === "change") return `${base}#change-${hit.change_number}`;
  return `${base}#message-${hit.message_id}`;
}

function hitTitle({ kind, section, author, change_number, change_state }: SearchHitJson): string {
  if (kind === "document") return sectionTrail(section) ?? "Beginning of the document";
  if (kind === "message") return author ?? "Somebody";
  return `Change #${change_number}, ${change_state}`;
}
