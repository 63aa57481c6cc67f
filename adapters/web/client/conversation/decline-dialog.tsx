import { ReasonDialog } from "../ui/reason-dialog.tsx";

interface Props {
  number: number;
  onClose(): void;
  onDecline(reason: string): Promise<void>;
}

export function DeclineDialog({ number, onClose, onDecline }: Props) {
  return (
    <ReasonDialog
      title={`Decline change #${number}`}
      label="Reason (optional, everybody in the thread sees it)"
      submit={{ label: "Decline", look: "danger" }}
      onClose={onClose}
      onSubmit={onDecline}
    />
  );
}
