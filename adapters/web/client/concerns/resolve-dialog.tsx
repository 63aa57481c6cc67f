import type { ConcernJson } from "../../views/people-view.ts";
import { ReasonDialog } from "../ui/reason-dialog.tsx";

interface Props {
  concern: ConcernJson;
  onClose(): void;
  onResolve(why: string): Promise<void>;
}

export function ResolveDialog({ concern, onClose, onResolve }: Props) {
  return (
    <ReasonDialog
      title={`Resolve concern ${concern.number}`}
      label="What settles it? (optional, everybody in the thread sees it)"
      submit={{ label: "Resolve", look: "primary" }}
      onClose={onClose}
      onSubmit={onResolve}
    >
      <blockquote class="quote quote-short">{concern.text}</blockquote>
    </ReasonDialog>
  );
}
