import { useEffect, useId, useState } from "preact/hooks";
import type { MaintainerJson, PersonJson } from "../../views/people-view.ts";
import { RfcPages } from "../history/rfc-pages.tsx";
import { RfcTrail } from "../history/rfc-trail.tsx";
import { peopleApi } from "../people-api.ts";
import { useLoad } from "../state/load.ts";
import { useTitle } from "../state/titles.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Loading } from "../ui/loading.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { platformName } from "./people-words.ts";

/** Who may decide on one RFC, and the list that is its own. */
export function RfcPeoplePage({ slug }: { slug: string }) {
  const title = useTitle(slug);
  useEffect(() => {
    document.title = title === null ? "People – Redline" : `People of ${title} – Redline`;
  }, [title]);
  const asked = useLoad(slug, async () => {
    const [named, people] = await Promise.all([peopleApi.maintainers(slug), peopleApi.people()]);
    return { named, people };
  });
  return (
    <>
      <PageBar>
        <RfcTrail slug={slug} title={title} here="People" />
      </PageBar>
      <main class="page">
        <section class="section" aria-labelledby="maintainers-title">
          <RfcPages slug={slug} here="people" />
          <h1 id="maintainers-title">Who may decide</h1>
          <p class="page-about">
            Changes of this RFC are accepted and declined by people whose connected GitHub account
            may write to its repository, by the maintainers of the places where it is discussed, and
            by whoever is named here.
          </p>
          <Loading of={asked} rows={3}>
            {({ named, people }) => <Named slug={slug} first={named} people={people} />}
          </Loading>
        </section>
      </main>
    </>
  );
}

interface Props {
  slug: string;
  first: readonly MaintainerJson[];
  people: readonly PersonJson[];
}

function Named({ slug, first, people }: Props) {
  const [named, setNamed] = useState(first);
  const action = useAction();
  const change = (id: string, isOne: boolean): void =>
    void action.run(async () => setNamed(await peopleApi.nameMaintainer(slug, id, isOne)));
  const others = people.filter(({ id, bot }) => !bot && !named.some((one) => one.id === id));
  return (
    <>
      {named.length === 0 ? (
        <p class="empty">Nobody is named for this RFC alone.</p>
      ) : (
        <ul class="rows">
          {named.map(({ id, name }) => (
            <li key={id} class="row">
              <div class="row-text">
                <strong>{name}</strong>
                <Accounts of={people.find((one) => one.id === id)} />
              </div>
              <button
                type="button"
                class="small"
                disabled={action.busy}
                onClick={() => change(id, false)}
              >
                Remove<span class="visually-hidden"> {name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <ActionProblem action={action} />
      {others.length > 0 && (
        <AddPerson others={others} busy={action.busy} onAdd={(id) => change(id, true)} />
      )}
    </>
  );
}

function Accounts({ of: person }: { of: PersonJson | undefined }) {
  if (!person) return null;
  return <span class="quiet">{accountWords(person)}</span>;
}

function accountWords({ accounts }: PersonJson): string {
  return accounts.map(({ platform, name }) => `${platformName(platform)}: ${name}`).join(" · ");
}

interface AddProps {
  others: readonly PersonJson[];
  busy: boolean;
  onAdd(id: string): void;
}

function AddPerson({ others, busy, onAdd }: AddProps) {
  const [chosen, setChosen] = useState("");
  const id = useId();
  return (
    <form
      class="field add-person"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen === "") return;
        onAdd(chosen);
        setChosen("");
      }}
    >
      <label htmlFor={id}>Name somebody else</label>
      <div class="field-row">
        <select id={id} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          <option value="">Choose a person</option>
          {others.map((person) => (
            <option key={person.id} value={person.id}>
              {person.name} ({accountWords(person)})
            </option>
          ))}
        </select>
        <button type="submit" disabled={busy || chosen === ""}>
          Add
        </button>
      </div>
    </form>
  );
}
