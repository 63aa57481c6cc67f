import { useEffect } from "preact/hooks";
import type { CommitJson } from "../../views/insight-view.ts";
import { insightApi } from "../insight-api.ts";
import { useLoad } from "../state/load.ts";
import { useTitle } from "../state/titles.ts";
import { Loading } from "../ui/loading.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { RedlineText } from "../ui/redline-text.tsx";
import { Time } from "../ui/time.tsx";
import { RfcTrail } from "./rfc-trail.tsx";
import { Story } from "./story.tsx";

/** From a commit back: its change, the thread it comes from, and the people. */
export function CommitPage({ slug, sha }: { slug: string; sha: string }) {
  const name = sha.slice(0, 7);
  const title = useTitle(slug);
  useEffect(() => {
    document.title = title === null ? `${name} – Redline` : `${name} in ${title} – Redline`;
  }, [name, title]);
  const commit = useLoad(`${slug} ${sha}`, () => insightApi.commit(slug, sha));
  return (
    <>
      <PageBar>
        <RfcTrail slug={slug} title={title} here={`Commit ${name}`} />
      </PageBar>
      <main class="page">
        <section aria-labelledby="commit-title">
          <h1 id="commit-title">
            Commit <code>{name}</code>
          </h1>
          <Loading of={commit}>{(view) => <Commit slug={slug} view={view} />}</Loading>
        </section>
      </main>
    </>
  );
}

function Commit({ slug, view }: { slug: string; view: CommitJson }) {
  const { commit, at, stories, outside } = view;
  return (
    <>
      <p class="quiet commit-facts">
        <code>{commit.sha}</code>
        {commit.author !== null && ` · by ${commit.author}`}
        {at !== null && (
          <>
            {" · "}
            <Time iso={at} />
          </>
        )}
      </p>
      {commit.subject !== null && <p class="commit-subject">{commit.subject}</p>}
      {stories.length > 0 ? (
        <ol class="history">
          {stories.map((story) => (
            <Story
              key={story.change.id}
              slug={slug}
              story={story}
              redline={
                <RedlineText
                  before={story.change.slice || story.change.original}
                  after={story.change.replacement || story.change.proposed}
                />
              }
            />
          ))}
        </ol>
      ) : (
        <>
          <p class="notice notice-hint">
            No change of Redline is in this commit: it was made outside of Redline.
          </p>
          {outside && (
            <div class="story">
              <RedlineText before={outside.before} after={outside.after} />
            </div>
          )}
        </>
      )}
    </>
  );
}
