import { useEffect, useState } from "preact/hooks";
import type { WatchedRfcJson } from "../../views/people-view.ts";
import { NOTIFICATIONS } from "../router.ts";
import { useDesk } from "../state/desk.ts";
import { useLoad } from "../state/load.ts";
import { useStore } from "../state/store.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Link } from "../ui/link.tsx";
import { Loading } from "../ui/loading.tsx";
import { LevelChoice } from "./level-choice.tsx";
import { knownLevel, loadWatching, watching, type Level } from "./watching.ts";

const LABELS: Record<Level, string> = { everything: "Watching", mine: "Watch", nothing: "Muted" };

/** Whether the person hears of this RFC, and the way to choose it. */
export function WatchButton({ slug }: { slug: string }) {
  const known = useStore(watching);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    // Without an answer the button asks once more when it is pressed.
    loadWatching().catch(() => {});
  }, [slug]);
  const level = knownLevel(known ?? [], slug, null);
  return (
    <>
      <button
        type="button"
        class="small watch-button"
        data-level={level}
        aria-haspopup="dialog"
        title="What you hear of this RFC"
        onClick={() => setOpen(true)}
      >
        {LABELS[level]}
      </button>
      {open && <WatchDialog slug={slug} known={known} onClose={() => setOpen(false)} />}
    </>
  );
}

interface Props {
  slug: string;
  known: WatchedRfcJson[] | null;
  onClose(): void;
}

function WatchDialog({ slug, known, onClose }: Props) {
  const { thread } = useDesk();
  const asked = useLoad("watching", loadWatching);
  const loaded = { ...asked, value: known ?? asked.value };
  return (
    <Dialog title="What you hear of this RFC" onClose={onClose}>
      <Loading of={loaded} rows={3}>
        {(value) => (
          <>
            <LevelChoice
              legend="The whole RFC"
              level={knownLevel(value, slug, null)}
              about={{ rfc_slug: slug }}
            />
            {thread && (
              <LevelChoice
                legend="The thread that is open"
                level={knownLevel(value, slug, thread.id)}
                about={{ rfc_slug: slug, thread_id: thread.id }}
              />
            )}
          </>
        )}
      </Loading>
      <div class="dialog-foot">
        <Link class="quiet" to={NOTIFICATIONS}>
          How you are told
        </Link>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
