import type { WhyJson, WhyStepJson } from "../../views/insight-view.ts";
import { CommitLink } from "../history/commit-link.tsx";
import { Story } from "../history/story.tsx";
import { insightApi, type WhyPlace } from "../insight-api.ts";
import { useLoad } from "../state/load.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Loading } from "../ui/loading.tsx";
import { RedlineText } from "../ui/redline-text.tsx";
import { Time } from "../ui/time.tsx";

interface Props {
  slug: string;
  place: WhyPlace;
  onClose(): void;
}

/** How a passage came to read as it does, from the newest change back to the beginning. */
export function WhyPanel({ slug, place, onClose }: Props) {
  const { start, end, blobSha } = place;
  const why = useLoad(`${slug} ${blobSha} ${start} ${end}`, () => insightApi.why(slug, place));
  return (
    <Dialog title="Why does it read so?" wide onClose={onClose}>
      <Loading of={why}>{(view) => <Answer slug={slug} view={view} onLeave={onClose} />}</Loading>
      <div class="dialog-buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Answer({ slug, view, onLeave }: { slug: string; view: WhyJson; onLeave(): void }) {
  return (
    <div class="why">
      <blockquote class="quote">{view.text}</blockquote>
      {view.steps.length > 0 && (
        <ol class="why-steps">
          {view.steps.map((step, at) => (
            <Step key={at} slug={slug} step={step} onLeave={onLeave} />
          ))}
        </ol>
      )}
      <p class="why-origin quiet">{originWords(view)}</p>
    </div>
  );
}

function originWords({ steps, from_beginning, known_since }: WhyJson): string {
  const since = new Date(known_since).toLocaleDateString([], { dateStyle: "long" });
  if (steps.length === 0) {
    return `No change of Redline made this: it reads as it did when the RFC came to Redline, on ${since}.`;
  }
  return from_beginning
    ? `The rest is as it was when the RFC came to Redline, on ${since}.`
    : "Before that, nothing of it was in the document.";
}

function Step({ slug, step, onLeave }: { slug: string; step: WhyStepJson; onLeave(): void }) {
  const redline = <RedlineText before={step.before ?? ""} after={step.after} />;
  if (step.stories.length === 0) {
    return (
      <li class="story">
        <p class="story-head">
          <strong>An edit from outside of Redline</strong>{" "}
          {step.commit && <CommitLink slug={slug} sha={step.commit.sha} onLeave={onLeave} />}{" "}
          <Time iso={step.at} />
        </p>
        {step.commit?.subject != null && (
          <p>
            “{step.commit.subject}” by {step.commit.author ?? "somebody"}
          </p>
        )}
        {redline}
      </li>
    );
  }
  return (
    <>
      {step.stories.map((story) => (
        <Story
          key={story.change.id}
          slug={slug}
          story={story}
          redline={redline}
          onLeave={onLeave}
        />
      ))}
    </>
  );
}
