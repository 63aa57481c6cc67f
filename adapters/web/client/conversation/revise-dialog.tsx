import type { ChangeJson } from "../../views/change-view.ts";
import { api, sentence } from "../api.ts";
import { EditDialog } from "../document/edit-dialog.tsx";
import { useDesk, type Desk } from "../state/desk.ts";
import { presentText } from "./conflict-texts.tsx";
import { proposeAt } from "./propose-at.ts";

interface Props {
  change: ChangeJson;
  body: string;
  /** Whether Redline may commit to the change's branch. */
  canCommit: boolean;
  onClose(): void;
}

/**
 * A change edited before it is accepted: the person's own version takes its place, so that it stays known
 * who wrote what.
 */
export function ReviseDialog({ change, body, canCommit, onClose }: Props) {
  const desk = useDesk();
  const before =
    change.drift === "conflict" ? (presentText(change, body) ?? change.slice) : change.slice;
  const revision = (accept: boolean) => (proposed: string, reason: string) =>
    replaceChange(desk, change, { before, proposed, reason, accept });
  return (
    <EditDialog
      title={`Edit change #${change.number}`}
      before={before}
      proposed={change.replacement}
      reason={change.reason}
      submits={[
        { label: "Propose my version", run: revision(false) },
        ...(canCommit ? [{ label: "Accept my version", run: revision(true) }] : []),
      ]}
      onClose={onClose}
    />
  );
}

interface Revision {
  before: string;
  proposed: string;
  reason: string;
  accept: boolean;
}

/** Three calls of the server; when a later one fails, what was done stays and is told. */
async function replaceChange(
  desk: Desk,
  change: ChangeJson,
  { before, proposed, reason, accept }: Revision,
): Promise<string | null> {
  const { passage, insert_after: after, insert_before: hook } = change;
  if (!passage) return "This change has no place in the document yet; choose it first.";
  const insertion = before === "";
  const made = await proposeAt(
    change.thread_id,
    {
      original: before,
      proposed,
      reason,
      ...(insertion && after !== null && { after }),
      ...(insertion && hook !== null && { before: hook }),
    },
    passage,
    change.base_blob_sha,
  );
  desk.merge([made]);
  try {
    const why = `Replaced by change #${made.number}, an edited version.`;
    desk.merge([await api.decline(change.id, why)]);
    if (accept) desk.merge([await api.accept(made.id)]);
  } catch (error) {
    return `Your version is change #${made.number}. The rest was not done: ${sentence(error)}`;
  }
  await desk.thread?.refresh();
  desk.showCard(made);
  return null;
}
