import { useEffect, useState } from "preact/hooks";
import type { RfcSummaryJson } from "../../views/rfc-view.ts";
import { api, sentence } from "../api.ts";
import { rfcPath } from "../router.ts";
import { Brand } from "../ui/brand.tsx";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";
import { AddRfcForm } from "./add-rfc-form.tsx";

export function Home() {
  const [rfcs, setRfcs] = useState<RfcSummaryJson[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = (): void => {
    api.rfcs().then(
      (list) => {
        setRfcs(list);
        setProblem(null);
      },
      (error: unknown) => setProblem(sentence(error)),
    );
  };
  useEffect(() => {
    document.title = "Redline";
    load();
    const look = (): void => {
      if (document.visibilityState === "visible") load();
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return (
    <>
      <header class="bar">
        <Brand />
      </header>
      <main class="page">
        <section aria-labelledby="rfcs-title">
          <h1 id="rfcs-title">RFCs</h1>
          {problem && (
            <Notice kind="problem">
              {problem}{" "}
              <button type="button" class="link-button" onClick={load}>
                Try again
              </button>
            </Notice>
          )}
          {rfcs === null && !problem && <p class="quiet">Loading…</p>}
          {rfcs && <RfcList rfcs={rfcs} />}
        </section>
        <section aria-labelledby="add-title" class="panel">
          <h2 id="add-title">Add an RFC</h2>
          <p class="quiet">
            Any Markdown document in a Git repository. Redline reads it at the tip of the branch and
            writes only when you accept a change.
          </p>
          <AddRfcForm />
        </section>
      </main>
    </>
  );
}

function RfcList({ rfcs }: { rfcs: RfcSummaryJson[] }) {
  if (rfcs.length === 0) {
    return (
      <p class="empty">
        There is no RFC here yet. Add one below: name the folder of a Git repository and a Markdown
        document in it, and discuss it right away.
      </p>
    );
  }
  return (
    <ul class="rfc-list">
      {rfcs.map((rfc) => (
        <li key={rfc.slug}>
          <Link class="rfc-row" to={rfcPath(rfc.slug)}>
            <span class="rfc-name">
              <strong>{rfc.title}</strong>
              <span class="quiet">
                {rfc.path} · {rfc.default_branch}
              </span>
            </span>
            <span class="counts">
              <Count n={rfc.open_threads} label={rfc.open_threads === 1 ? "thread" : "threads"} />
              <Count n={rfc.pending} label="pending" tone="pending" />
              <Count n={rfc.stale} label="stale" tone="stale" />
              <Count n={rfc.accepted} label="accepted" tone="accepted" />
              <Count n={rfc.declined} label="declined" tone="declined" />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Count({ n, label, tone }: { n: number; label: string; tone?: string }) {
  return (
    <span class={`count ${n > 0 && tone ? `tone-${tone}` : ""}`} data-zero={n === 0}>
      <b>{n}</b> {label}
    </span>
  );
}
