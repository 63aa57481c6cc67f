import { useEffect, useRef } from "preact/hooks";
import type { SearchJson } from "../../views/insight-view.ts";
import { insightApi } from "../insight-api.ts";
import { navigate, rfcPath, searchPath } from "../router.ts";
import { useLoad } from "../state/load.ts";
import { useTitle } from "../state/titles.ts";
import { Link } from "../ui/link.tsx";
import { Loading } from "../ui/loading.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { useTyped } from "../ui/typed.ts";
import { HitItem } from "./hit-item.tsx";

const KINDS = [
  ["", "Everything"],
  ["document", "Documents"],
  ["message", "Messages"],
  ["change", "Changes"],
] as const;

/** Finds words in the current documents, and in all messages and changes. The address has the question. */
export function SearchPage({ query }: { query: URLSearchParams }) {
  const asked = {
    q: query.get("q") ?? "",
    kind: query.get("kind") ?? "",
    rfc: query.get("rfc") ?? "",
    page: query.get("page") ?? "",
  };
  const go = (change: Partial<typeof asked>): void =>
    navigate(searchPath({ ...asked, page: "", ...change }), "replace");
  useEffect(() => {
    document.title = asked.q === "" ? "Search – Redline" : `${asked.q} – Redline`;
  }, [asked.q]);
  const key = searchPath(asked);
  const found = useLoad(
    key,
    async (): Promise<SearchJson | "nothing"> => {
      if (asked.q.trim() === "") return "nothing";
      return insightApi.search(Object.fromEntries(new URLSearchParams(key.split("?")[1])));
    },
    { keep: true },
  );
  return (
    <>
      <PageBar searches={false} />
      <main class="page">
        <h1 class="visually-hidden">Search</h1>
        <Question text={asked.q} onAsk={(q) => go({ q })} />
        {asked.rfc !== "" && <Within slug={asked.rfc} onLeave={() => go({ rfc: "" })} />}
        <Loading of={found}>
          {(page) =>
            page === "nothing" ? (
              <Hints />
            ) : (
              <Found page={page} kind={asked.kind} busy={found.busy} onGo={go} />
            )
          }
        </Loading>
      </main>
    </>
  );
}

function Within({ slug, onLeave }: { slug: string; onLeave(): void }) {
  const title = useTitle(slug);
  return (
    <p class="quiet">
      Only in {title === null ? "one document" : <Link to={rfcPath(slug)}>{title}</Link>}.{" "}
      <button type="button" class="link-button" onClick={onLeave}>
        Search everywhere
      </button>
    </p>
  );
}

/** Asks when the typing rests. */
function Question({ text, onAsk }: { text: string; onAsk(text: string): void }) {
  const typed = useTyped(text, onAsk);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="search-question"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        typed.settle();
      }}
    >
      <input
        ref={field}
        type="search"
        aria-label="Search documents, messages and changes"
        aria-keyshortcuts="/"
        placeholder="Search documents, messages and changes"
        value={typed.text}
        onInput={(event) => typed.type(event.currentTarget.value)}
      />
    </form>
  );
}

interface FoundProps {
  page: SearchJson;
  kind: string;
  busy: boolean;
  onGo(change: { kind?: string; page?: string }): void;
}

function Found({ page, kind, busy, onGo }: FoundProps) {
  const { document, message, change } = page.totals;
  const total = document + message + change;
  const counts: Record<string, number> = { "": total, document, message, change };
  return (
    <div class="search-found" aria-busy={busy}>
      <p class="visually-hidden" role="status">
        {total === 0 ? "Nothing found." : `${total} found.`}
      </p>
      <div class="segmented" role="group" aria-label="What to show">
        {KINDS.map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={kind === name}
            onClick={() => onGo({ kind: name })}
          >
            {label} <b>{counts[name]}</b>
          </button>
        ))}
      </div>
      {page.hits.length === 0 ? (
        <p class="empty">
          Nothing has these words. All of them must be there; try fewer, or the beginning of the
          last one.
        </p>
      ) : (
        <ol class="hits">
          {page.hits.map((hit) => (
            <HitItem
              key={`${hit.message_id}${hit.change_id}${hit.rfc_slug}${hit.offset}`}
              hit={hit}
            />
          ))}
        </ol>
      )}
      {page.pages > 1 && (
        <nav class="pager" aria-label="Pages">
          <button
            type="button"
            disabled={page.page <= 1}
            onClick={() => onGo({ page: String(page.page - 1) })}
          >
            Previous
          </button>
          <span class="quiet">
            Page {page.page} of {page.pages}
          </span>
          <button
            type="button"
            disabled={page.page >= page.pages}
            onClick={() => onGo({ page: String(page.page + 1) })}
          >
            Next
          </button>
        </nav>
      )}
    </div>
  );
}

function Hints() {
  return (
    <div class="empty">
      <p>Search the current documents, and every message and change.</p>
      <p>
        <code>retry</code> also finds “retries” and “retried”, <code>"retry budget"</code> the words
        as they are written, <code>retry -queue</code> leaves out what has “queue”,{" "}
        <code>retry or backoff</code> finds either.
      </p>
    </div>
  );
}
