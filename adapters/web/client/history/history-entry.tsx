import type { HistoryJson } from "../../views/insight-view.ts";
import { sectionTrail } from "../conversation/section-title.ts";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { memo } from "../ui/memo.ts";
import { RedlineText } from "../ui/redline-text.tsx";
import { Time } from "../ui/time.tsx";
import { CommitLink } from "./commit-link.tsx";
import { decisionWords, proposerOf } from "./decision-words.ts";

interface Props {
  slug: string;
  entry: HistoryJson["entries"][number];
}

/** One change of the history: what, where, what became of it and why. */
export const HistoryEntry = memo(function HistoryEntry({ slug, entry }: Props) {
  const { change, decision } = entry;
  const section = sectionTrail(change.section);
  return (
    <li class="story">
      <p class="story-head">
        <Link
          class="story-change"
          to={`${rfcPath(slug, change.thread_id)}#change-${change.number}`}
        >
          Change #{change.number}
        </Link>{" "}
        <span class={`pill pill-${change.state}`}>{change.state}</span>{" "}
        <span class="quiet">
          {section !== null && `${section} · `}
          {proposerOf(change, null)} · {decisionWords(change, decision)}
          {change.commit_sha !== null && (
            <>
              {" in "}
              <CommitLink slug={slug} sha={change.commit_sha} />
            </>
          )}
          {" · "}
          <Time iso={change.decided_at ?? change.created_at} />
        </span>
      </p>
      <RedlineText
        before={change.slice || change.original}
        after={change.passage ? change.replacement : change.proposed}
      />
      {change.reason !== "" && <p class="card-reason">{change.reason}</p>}
      {decision?.reason && (
        <p class="quiet">
          {decision.author}: {decision.reason}
        </p>
      )}
    </li>
  );
});
