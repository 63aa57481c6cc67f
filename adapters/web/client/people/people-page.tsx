import { useEffect, useState } from "preact/hooks";
import type { PersonJson } from "../../views/people-view.ts";
import { peopleApi } from "../people-api.ts";
import { useLoad } from "../state/load.ts";
import { Loading } from "../ui/loading.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { findPeople } from "./people-words.ts";
import { PersonRow } from "./person-row.tsx";

/** Everybody whom Redline has heard of, over all their accounts. */
export function PeoplePage() {
  useEffect(() => {
    document.title = "People – Redline";
  }, []);
  const people = useLoad("people", () => peopleApi.people());
  return (
    <>
      <PageBar />
      <main class="page">
        <section class="section" aria-labelledby="people-title">
          <h1 id="people-title">People</h1>
          <p class="page-about quiet">
            Whoever wrote where Redline listens. A chat account and an account on GitHub become one
            person when its owner says <code>/rfc connect</code> in the chat.
          </p>
          <Loading of={people} rows={5}>
            {(all) => <Everybody all={all} />}
          </Loading>
        </section>
      </main>
    </>
  );
}

const FIRST = 50;

function Everybody({ all }: { all: readonly PersonJson[] }) {
  const [words, setWords] = useState("");
  const [most, setMost] = useState(FIRST);
  const found = findPeople(all, words);
  const shown = found.slice(0, most);
  if (all.length === 0) {
    return <p class="empty">Redline has heard of nobody yet.</p>;
  }
  return (
    <>
      {all.length > 5 && (
        <input
          type="search"
          class="people-search"
          aria-label="Find people"
          placeholder="A name, or a platform"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      )}
      <p class="visually-hidden" role="status">
        {found.length === 1 ? "One person" : `${found.length} people`}
      </p>
      {found.length === 0 && <p class="empty">Nobody is called so.</p>}
      {shown.length > 0 && (
        <ul class="rows">
          {shown.map((person) => (
            <PersonRow key={person.id} person={person} />
          ))}
        </ul>
      )}
      {found.length > shown.length && (
        <p class="more">
          <button type="button" onClick={() => setMost(most + FIRST)}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}
