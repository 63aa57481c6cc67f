import { useEffect, useState } from "preact/hooks";
import type { RecordJson, RecordMarkJson } from "../../views/people-view.ts";
import { RfcPages } from "../history/rfc-pages.tsx";
import { RfcTrail } from "../history/rfc-trail.tsx";
import { MarkdownText } from "../markdown/markdown-text.tsx";
import { peopleApi, recordFile } from "../people-api.ts";
import { useLoad } from "../state/load.ts";
import { useTitle } from "../state/titles.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Loading } from "../ui/loading.tsx";
import { Notice } from "../ui/notice.tsx";
import { useGradual } from "../ui/gradual.ts";
import { PageBar } from "../ui/page-bar.tsx";
import { Time } from "../ui/time.tsx";
import { causeWords, transcriptParts } from "./record-words.ts";

/** How an RFC's text was earned, whether that is whole, and the way to keep it. */
export function RecordPage({ slug }: { slug: string }) {
  const title = useTitle(slug);
  useEffect(() => {
    document.title = title === null ? "Record – Redline" : `Record of ${title} – Redline`;
  }, [title]);
  const [asked, setAsked] = useState(1);
  const record = useLoad(`${slug} ${asked}`, () => peopleApi.record(slug), { keep: true });
  return (
    <>
      <PageBar>
        <RfcTrail slug={slug} title={title} here="Record" />
      </PageBar>
      <main class="page">
        <section class="section" aria-labelledby="record-title">
          <RfcPages slug={slug} here="record" />
          <h1 id="record-title">Record</h1>
          <p class="page-about">
            Who said what, what was proposed and decided, and the commits, each entry chained to the
            one before. It is written when the pull request ends, and whenever somebody asks.
          </p>
          <Loading of={record} rows={3}>
            {(view) => (
              <State
                slug={slug}
                view={view}
                busy={record.busy}
                onAgain={() => setAsked(asked + 1)}
              />
            )}
          </Loading>
        </section>
      </main>
    </>
  );
}

interface Props {
  slug: string;
  view: RecordJson;
  busy: boolean;
  /** Looks at it once more. */
  onAgain(): void;
}

function State({ slug, view, busy, onAgain }: Props) {
  const action = useAction();
  const write = async (): Promise<void> => {
    await peopleApi.writeRecord(slug);
    onAgain();
  };
  const isEmpty = view.entries === 0;
  return (
    <div class="record" aria-busy={busy}>
      {isEmpty ? (
        <p class="empty">Nothing is written yet.</p>
      ) : view.problem === null ? (
        <p class="notice notice-good" role="status">
          The chain is whole: {view.entries === 1 ? "one entry" : `${view.entries} entries`}. Its
          last hash is <code class="hash">{view.head_hash}</code>
        </p>
      ) : (
        <Notice kind="problem">{view.problem}</Notice>
      )}
      <div class="record-buttons">
        <button
          type="button"
          class={isEmpty ? "primary" : undefined}
          disabled={action.busy}
          onClick={() => void action.run(write)}
        >
          {isEmpty ? "Write it now" : "Bring it up to date"}
        </button>
        {!isEmpty && (
          <>
            <button type="button" disabled={busy} onClick={onAgain}>
              Check again
            </button>
            <Download slug={slug} kind="md" label="Markdown" />
            <Download slug={slug} kind="json" label="JSON" />
          </>
        )}
      </div>
      <ActionProblem action={action} />
      {!isEmpty && (
        <>
          <p class="quiet">
            Anybody can check the JSON file without this server:{" "}
            <code>redline verify-transcript {slug}.transcript.json</code>
          </p>
          <Marks marks={view.marks} />
          <Transcript slug={slug} key={view.head_hash} />
        </>
      )}
    </div>
  );
}

function Download({ slug, kind, label }: { slug: string; kind: "md" | "json"; label: string }) {
  return (
    <a class="button" href={recordFile(slug, kind)} download>
      Download {label}
    </a>
  );
}

function Marks({ marks }: { marks: readonly RecordMarkJson[] }) {
  if (marks.length === 0) return null;
  return (
    <>
      <h2>When it was written</h2>
      <ul class="rows">
        {marks.map((mark) => (
          <li key={mark.id} class="row">
            <div class="row-text">
              <span>
                {causeWords(mark)} · <Time iso={mark.created_at} />
              </span>
              <span class="quiet">
                Up to entry {mark.last_seq}, hash{" "}
                <code title={mark.head_hash}>{mark.head_hash.slice(0, 12)}</code>
                {mark.commit_sha !== null && (
                  <>
                    , beside the RFC in commit{" "}
                    <code title={mark.commit_sha}>{mark.commit_sha.slice(0, 7)}</code>
                  </>
                )}
              </span>
              {mark.problem !== null && <Notice kind="hint">{mark.problem}</Notice>}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

const FIRST = 20;

/** The transcript for readers, a part at a time: it may be as long as the discussion was. */
function Transcript({ slug }: { slug: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="panel" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>Read it</h2>
      </summary>
      {open && <TranscriptText slug={slug} />}
    </details>
  );
}

function TranscriptText({ slug }: { slug: string }) {
  const parts = useLoad(slug, async () => transcriptParts(await peopleApi.transcript(slug)));
  return (
    <Loading of={parts} rows={4}>
      {(all) => <Parts all={all} />}
    </Loading>
  );
}

/** One is drawn after the other, so that the page can be used meanwhile. */
function Parts({ all }: { all: readonly string[] }) {
  const [most, setMost] = useState(FIRST);
  const wanted = Math.min(most, all.length);
  const drawn = useGradual(wanted, { first: 1, step: 1 });
  return (
    <div class="transcript">
      {all.slice(0, drawn).map((part, at) => (
        <MarkdownText key={at} text={part} />
      ))}
      {drawn === wanted && all.length > most && (
        <button type="button" onClick={() => setMost(most + FIRST)}>
          Show more
        </button>
      )}
    </div>
  );
}
