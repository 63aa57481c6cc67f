import { api, type PassageJson } from "../api.ts";
import { proposeAt } from "../conversation/propose-at.ts";
import { useDesk, type Desk } from "../state/desk.ts";
import type { AnchorDraft } from "../state/draft.ts";
import { EditDialog } from "./edit-dialog.tsx";

interface Props {
  passage: PassageJson;
  anchor: AnchorDraft;
  onClose(): void;
}

/** A change proposed by hand. */
export function ProposeEditDialog({ passage, anchor, onClose }: Props) {
  const desk = useDesk();
  const run = async (proposed: string, reason: string): Promise<null> => {
    await propose(desk, passage, anchor, proposed, reason);
    return null;
  };
  return (
    <EditDialog
      title="Propose an edit"
      before={anchor.text}
      proposed={anchor.text}
      reason=""
      submits={[{ label: "Propose", run }]}
      onClose={onClose}
    />
  );
}

/** Goes to the open thread, or to a new one about the passage. */
async function propose(
  desk: Desk,
  passage: PassageJson,
  anchor: AnchorDraft,
  proposed: string,
  reason: string,
): Promise<void> {
  const { kind, text, before, after } = anchor;
  const rfc = desk.rfc.state.get().rfc;
  const version = rfc?.document?.blob_sha;
  if (!rfc || version === undefined) return;
  const threadId =
    desk.thread?.id ??
    (
      await api.addThread({
        rfc_slug: rfc.slug,
        branch_name: rfc.branch,
        thread_kind: kind,
        anchor: { text, before, after },
      })
    ).id;
  const edit = { original: text, proposed };
  const change = await proposeAt(threadId, { ...edit, reason }, passage, version);
  desk.merge([change]);
  await desk.rfc.refresh();
  desk.showCard(change);
}
