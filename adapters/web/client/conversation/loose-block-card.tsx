import type { BlockJson } from "../../views/thread-view.ts";
import { api } from "../api.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { blockWords } from "./block-words.ts";

/** What did not become a change, with the way on. */
export function LooseBlockCard({ block }: { block: BlockJson }) {
  const desk = useDesk();
  const action = useAction(block.state);
  const words = blockWords(block);
  const run = (work: () => Promise<unknown>) =>
    void action.run(async () => {
      await work();
      await desk.thread?.refresh();
    });
  if (block.state === "withdrawn") return null;
  return (
    <section class="card card-loose" aria-label={words.label}>
      <header class="card-head">
        <strong>{words.label}</strong>
      </header>
      <p class="card-note">{words.note}</p>
      <BlockTexts fields={block.fields} />
      {block.state === "repaired" && <p class="card-outcome">The model was asked to repair it.</p>}
      {block.state === "open" && (
        <div class="card-actions">
          {block.kind === "malformed" ? (
            <button
              type="button"
              disabled={action.busy}
              onClick={() => run(() => api.repair(block.id))}
            >
              Ask to repair it
            </button>
          ) : (
            <button
              type="button"
              disabled={action.busy}
              onClick={() => run(() => api.promote(block.id))}
            >
              Make it a change
            </button>
          )}
        </div>
      )}
      <ActionProblem action={action} />
    </section>
  );
}

const FIELDS = [
  ["original", "Original"],
  ["after", "After"],
  ["before", "Before"],
  ["proposed", "Proposed"],
  ["reason", "Reason"],
] as const;

function BlockTexts({ fields }: { fields: BlockJson["fields"] }) {
  return (
    <dl class="block-texts">
      {FIELDS.map(([name, label]) => {
        const text = fields[name];
        if (text === undefined) return null;
        return (
          <div key={name}>
            <dt>{label}</dt>
            <dd>{text === "" ? <span class="quiet">empty</span> : text}</dd>
          </div>
        );
      })}
    </dl>
  );
}
