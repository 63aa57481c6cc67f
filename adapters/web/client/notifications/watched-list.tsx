import type { WatchedRfcJson } from "../../views/people-view.ts";
import { rfcPath } from "../router.ts";
import { useLoad } from "../state/load.ts";
import { useStore } from "../state/store.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Link } from "../ui/link.tsx";
import { Loading } from "../ui/loading.tsx";
import { chooseLevel, levelOf, loadWatching, watching, type Level } from "./watching.ts";

/** The RFCs and threads that the person watches or does not want to hear of. */
export function WatchedList() {
  const asked = useLoad("watching", loadWatching);
  const known = useStore(watching);
  const loaded = { ...asked, value: asked.value && (known ?? asked.value) };
  return (
    <section class="section" aria-labelledby="watched-title">
      <h2 id="watched-title">What you watch</h2>
      <Loading of={loaded} rows={2}>
        {(rfcs) => <Watched rfcs={rfcs} />}
      </Loading>
    </section>
  );
}

function Watched({ rfcs }: { rfcs: readonly WatchedRfcJson[] }) {
  const rows = rfcs.flatMap(rowsOf).filter(({ level }) => level !== "mine");
  if (rows.length === 0) {
    return (
      <p class="empty">
        You watch no RFC and have muted none. “Watch” stands in the head of every RFC.
      </p>
    );
  }
  return (
    <ul class="rows">
      {rows.map((row) => (
        <WatchedRow key={`${row.about.rfc_slug} ${row.about.thread_id}`} row={row} />
      ))}
    </ul>
  );
}

interface Row {
  title: string;
  where: string | null;
  path: string;
  level: Level;
  about: { rfc_slug: string; thread_id?: string };
}

function rowsOf({ rfc_slug, rfc_title, threads, ...rfc }: WatchedRfcJson): Row[] {
  return [
    {
      title: rfc_title,
      where: null,
      path: rfcPath(rfc_slug),
      level: levelOf(rfc),
      about: { rfc_slug },
    },
    ...threads.map((thread) => ({
      title: thread.title ?? "A thread",
      where: rfc_title,
      path: rfcPath(rfc_slug, thread.thread_id),
      level: levelOf(thread),
      about: { rfc_slug, thread_id: thread.thread_id },
    })),
  ];
}

function WatchedRow({ row }: { row: Row }) {
  const action = useAction();
  const isWatched = row.level === "everything";
  return (
    <li class="row">
      <div class="row-text">
        <Link to={row.path}>{row.title}</Link>
        <span class="quiet">
          {row.where !== null && `Thread of ${row.where} · `}
          {isWatched ? "you hear everything" : "muted: you hear nothing"}
        </span>
        <ActionProblem action={action} />
      </div>
      <button
        type="button"
        class="small"
        disabled={action.busy}
        onClick={() => void action.run(() => chooseLevel("mine", row.about))}
      >
        {isWatched ? "Unwatch" : "Unmute"}
        <span class="visually-hidden"> {row.title}</span>
      </button>
    </li>
  );
}
