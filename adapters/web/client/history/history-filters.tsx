import { useId } from "preact/hooks";
import { plainTitle } from "../conversation/section-title.ts";
import { useTyped } from "../ui/typed.ts";

/** What of the history can be asked for; an empty text asks for everything. */
export const FILTERS = ["state", "person", "section", "q", "from", "to"] as const;
export type HistoryQuery = Record<(typeof FILTERS)[number], string>;

interface Props {
  asked: HistoryQuery;
  people: readonly string[];
  sections: readonly string[];
  onAsk(change: Partial<HistoryQuery>): void;
}

const STATES = [
  ["", "Decided"],
  ["accepted", "Accepted"],
  ["declined", "Declined"],
  ["withdrawn", "Withdrawn"],
  ["pending", "Waiting"],
  ["stale", "Stale"],
] as const;
const NOTHING: HistoryQuery = { state: "", person: "", section: "", q: "", from: "", to: "" };

export function HistoryFilters({ asked, people, sections, onAsk }: Props) {
  const narrowed = Object.values(asked).some((value) => value !== "");
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="State"
        value={asked.state}
        options={STATES}
        onChoose={(state) => onAsk({ state })}
      />
      <Choice
        label="Person"
        value={asked.person}
        options={[["", "Anybody"], ...named(people, asked.person)]}
        onChoose={(person) => onAsk({ person })}
      />
      <Choice
        label="Section"
        value={asked.section}
        options={[["", "Any section"], ...named(sections, asked.section, plainTitle)]}
        onChoose={(section) => onAsk({ section })}
      />
      <TextFilter value={asked.q} onAsk={(q) => onAsk({ q })} />
      <Day label="From" value={asked.from} onChoose={(from) => onAsk({ from })} />
      <Day label="To" value={asked.to} onChoose={(to) => onAsk({ to })} />
      {narrowed && (
        <button type="button" class="link-button" onClick={() => onAsk(NOTHING)}>
          Clear
        </button>
      )}
    </form>
  );
}

/** What the address asks for stays choosable, also when nothing has it (any more). */
function named(
  names: readonly string[],
  asked: string,
  words: (name: string) => string = (name) => name,
): [string, string][] {
  const all = asked === "" || names.includes(asked) ? names : [asked, ...names];
  return all.map((name) => [name, words(name)]);
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChoose(value: string): void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  const id = useId();
  return (
    <div class="filter">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {options.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

function Day({ label, value, onChoose }: Omit<ChoiceProps, "options">) {
  const id = useId();
  return (
    <div class="filter">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={value}
        onChange={(event) => onChoose(event.currentTarget.value)}
      />
    </div>
  );
}

function TextFilter({ value, onAsk }: { value: string; onAsk(text: string): void }) {
  const id = useId();
  const typed = useTyped(value, onAsk);
  return (
    <div class="filter filter-text">
      <label htmlFor={id}>Text</label>
      <input
        id={id}
        type="search"
        placeholder="In the texts and reasons, or #12"
        value={typed.text}
        onInput={(event) => typed.type(event.currentTarget.value)}
      />
    </div>
  );
}
