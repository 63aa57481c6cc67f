import { useId, useState } from "preact/hooks";
import type { NotificationSettingsJson } from "../../views/people-view.ts";
import { peopleApi } from "../people-api.ts";
import { useLoad } from "../state/load.ts";
import { useAction, type Action } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Loading } from "../ui/loading.tsx";

/** How a person hears of what they are told, apart from this page. */
export function NotificationSettings() {
  const settings = useLoad("notification-settings", () => peopleApi.settings());
  return (
    <section class="panel" aria-labelledby="settings-title">
      <h2 id="settings-title">How you are told</h2>
      <p class="quiet">
        In private messages, where you are known in a chat; everything stands on this page as well.
      </p>
      <Loading of={settings} rows={2}>
        {(known) => <Choices known={known} />}
      </Loading>
    </section>
  );
}

const RHYTHMS: [NotificationSettingsJson["digest"], string, string][] = [
  ["daily", "Every morning", "At nine in your time zone."],
  ["hourly", "Every hour", "As long as there is something new."],
  ["off", "Never", "Only on this page."],
];

function Choices({ known }: { known: NotificationSettingsJson }) {
  const [chosen, setChosen] = useState(known);
  const [saved, setSaved] = useState(false);
  const action = useAction();
  const choose = (set: Partial<NotificationSettingsJson>): void => {
    setSaved(false);
    // What is typed stays in its field until it is known to be right.
    if (set.time_zone === undefined) setChosen({ ...chosen, ...set });
    void action.run(async () => {
      try {
        setChosen(await peopleApi.choose(set));
        setSaved(true);
      } catch (error) {
        setChosen(chosen);
        throw error;
      }
    });
  };
  return (
    <div class="settings">
      <label class="check">
        <input
          type="checkbox"
          checked={chosen.direct}
          onChange={(event) => choose({ direct: event.currentTarget.checked })}
        />
        <span>
          <strong>At once</strong> what concerns you: answers to you, decisions on your changes
        </span>
      </label>
      <fieldset class="choices" aria-busy={action.busy}>
        <legend>A digest of what you watch</legend>
        {RHYTHMS.map(([name, label, words]) => (
          <label key={name}>
            <input
              type="radio"
              name="digest"
              checked={chosen.digest === name}
              onChange={() => choose({ digest: name })}
            />
            <span>
              <strong>{label}</strong>
              <span class="quiet">{words}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <TimeZone
        key={chosen.time_zone}
        known={chosen.time_zone}
        action={action}
        onChoose={(time_zone) => choose({ time_zone })}
      />
      <ActionProblem action={action} />
      <p class="quiet" role="status">
        {saved && "Saved."}
      </p>
    </div>
  );
}

interface TimeZoneProps {
  known: string | null;
  action: Action;
  onChoose(zone: string | null): void;
}

function TimeZone({ known, action, onChoose }: TimeZoneProps) {
  const [zone, setZone] = useState(known ?? "");
  const id = useId();
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isOther = zone.trim() !== (known ?? "");
  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault();
        onChoose(zone.trim() === "" ? null : zone.trim());
      }}
    >
      <label htmlFor={id}>Time zone</label>
      <div class="field-row">
        <input
          id={id}
          list={`${id}-zones`}
          value={zone}
          placeholder="As your chat says"
          autoComplete="off"
          onInput={(event) => {
            action.clear();
            setZone(event.currentTarget.value);
          }}
        />
        <datalist id={`${id}-zones`}>
          {Intl.supportedValuesOf("timeZone").map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button type="submit" disabled={action.busy || !isOther}>
          Save
        </button>
      </div>
      {known !== here && zone !== here && (
        <p class="field-hint">
          Here it is {here}.{" "}
          <button type="button" class="link-button" onClick={() => onChoose(here)}>
            Use that
          </button>
        </p>
      )}
    </form>
  );
}
