import { useId, useState } from "preact/hooks";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { chooseLevel, type Level } from "./watching.ts";

interface Props {
  legend: string;
  level: Level;
  about: { rfc_slug: string; thread_id?: string };
}

const OF_RFC: [Level, string, string][] = [
  ["everything", "Everything", "Every message, every decision, and its end."],
  ["mine", "What concerns you", "Answers to you, your changes and concerns, what you decide on."],
  ["nothing", "Nothing", "Not even when you are answered."],
];

const OF_THREAD: [Level, string, string][] = [
  ["everything", "Everything said in it", "Also where you watch nothing else."],
  ["mine", "As of the whole RFC", "What is chosen above."],
  ["nothing", "Nothing", "Not even when you are answered."],
];

/** How much a person hears of an RFC, or of one thread. */
export function LevelChoice({ legend, level, about }: Props) {
  const action = useAction();
  const name = useId();
  // Shown as chosen at once, and taken back where it was refused.
  const [wanted, setWanted] = useState<Level | null>(null);
  const choose = async (next: Level): Promise<void> => {
    setWanted(next);
    try {
      await chooseLevel(next, about);
    } finally {
      setWanted(null);
    }
  };
  const levels = about.thread_id === undefined ? OF_RFC : OF_THREAD;
  return (
    <>
      <fieldset class="choices" aria-busy={action.busy}>
        <legend>{legend}</legend>
        {levels.map(([value, label, words]) => (
          <label key={value}>
            <input
              type="radio"
              name={name}
              checked={(wanted ?? level) === value}
              onChange={() => void action.run(() => choose(value))}
            />
            <span>
              <strong>{label}</strong>
              <span class="quiet">{words}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <ActionProblem action={action} />
    </>
  );
}
