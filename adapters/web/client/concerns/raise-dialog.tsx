import { useId, useMemo, useRef, useState } from "preact/hooks";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { api, type PassageJson } from "../api.ts";
import { peopleApi } from "../people-api.ts";
import { useDesk } from "../state/desk.ts";
import type { AnchorDraft } from "../state/draft.ts";
import { newKey } from "../state/unsent.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { excerpt } from "../conversation/thread-title.ts";
import { beginThread, homeThread, whereWords } from "./home-thread.ts";
import { showConcern } from "./shown-concern.ts";

interface Props {
  rfc: RfcDetailJson;
  /** A passage of the document as it is shown; null for the whole. */
  about: { anchor: AnchorDraft; passage: PassageJson } | null;
  onClose(): void;
}

/** Asks what troubles the person, and raises that as a concern. */
export function RaiseDialog({ rfc, about, onClose }: Props) {
  const desk = useDesk();
  const [text, setText] = useState("");
  const action = useAction();
  const id = useId();
  // The same concern, however often it is sent, and one thread for it.
  const key = useMemo(newKey, []);
  const begun = useRef<string | null>(null);
  // What was selected is about this version, whatever comes while it is written down.
  const version = useMemo(() => rfc.document?.blob_sha ?? null, []);
  const open = desk.thread?.state.get().view?.thread;
  const home = open?.state === "open" ? open : about === null ? homeThread(rfc) : null;
  const raise = async (): Promise<void> => {
    const threadId = (begun.current ??= home?.id ?? (await begin()));
    const place = about && version !== null ? { ...about.passage, blob_sha: version } : null;
    const concern = await peopleApi.raise(
      threadId,
      place === null ? { text } : { text, passage: place },
      key,
    );
    await desk.rfc.refresh();
    onClose();
    showConcern(desk, concern.id);
  };
  const begin = async (): Promise<string> => {
    const title = `Concern: ${excerpt(text, 60)}`;
    if (about === null) return beginThread(rfc, title);
    const { kind, ...anchor } = about.anchor;
    const base = { rfc_slug: rfc.slug, branch_name: rfc.branch, title };
    return (await api.addThread({ ...base, thread_kind: kind, anchor })).id;
  };
  return (
    <Dialog title="Raise a concern" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(raise);
        }}
      >
        {about ? (
          <blockquote class="quote quote-short">{about.anchor.text}</blockquote>
        ) : (
          <p class="quiet">
            About the whole document. For a passage, select it in the document first.
          </p>
        )}
        <div class="field">
          <label htmlFor={id}>What troubles you about it?</label>
          <textarea
            id={id}
            rows={4}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <span class="field-hint">
            An open concern holds a merge until it is resolved or withdrawn. {whereWords(home)}
          </span>
        </div>
        <ActionProblem action={action} />
        <div class="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={action.busy || text.trim() === ""}>
            Raise it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
