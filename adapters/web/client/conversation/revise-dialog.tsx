import type { ChangeJson } from "../../views/change-view.ts";
import { api, sentence } from "../api.ts";
import { EditDialog } from "../document/edit-dialog.tsx";
import { useDesk, type Desk } from "../state/desk.ts";
import type { HandDraft } from "./draft-by-hand.ts";
import { proposeAt } from "./propose-at.ts";

interface Props {
  title: string;
  change: ChangeJson;
  /** What the person begins with, in the version `blobSha` of the document. */
  draft: HandDraft;
  blobSha: string;
  /** Whether Redline may commit to the change's branch. */
  canCommit: boolean;
  onClose(): void;
}

/**
 * A change edited before it is accepted: the person's own version takes its place, so that it stays known
 * who wrote what.
 */
export function ReviseDialog({ title, change, draft, blobSha, canCommit, onClose }: Props) {
  const desk = useDesk();
  const revision = (accept: boolean) => (proposed: string, reason: string) =>
    replaceChange(desk, change, { draft: { ...draft, proposed }, blobSha, reason, accept });
  return (
    <EditDialog
      title={title}
      before={draft.before}
      proposed={draft.proposed}
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
  draft: HandDraft;
  blobSha: string;
  reason: string;
  accept: boolean;
}

/** Three calls of the server; when a later one fails, what was done stays and is told. */
async function replaceChange(
  desk: Desk,
  change: ChangeJson,
  { draft: { passage, before, proposed }, blobSha, reason, accept }: Revision,
): Promise<string | null> {
  const { insert_after: after, insert_before: hook } = change;
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
    blobSha,
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
