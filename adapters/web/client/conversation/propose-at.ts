import type { ChangeJson } from "../../views/change-view.ts";
import { api, type NewEditJson, type PassageJson } from "../api.ts";

/**
 * Proposes an edit of a passage that a person has pointed at in the version `blobSha`, also where the same
 * text stands elsewhere.
 */
export async function proposeAt(
  threadId: string,
  edit: NewEditJson,
  passage: PassageJson,
  blobSha: string,
): Promise<ChangeJson> {
  const change = await api.proposeEdit(threadId, edit);
  const { certainty, passage: found } = change;
  const there = found?.start === passage.start && found.end === passage.end;
  return there && certainty !== "ask" ? change : api.place(change.id, passage, blobSha);
}
