import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useStore } from "../state/store.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { closeFromOutside } from "../ui/close-from-outside.ts";
import { Link } from "../ui/link.tsx";
import { leave, learnSession, session, sessionApi } from "./session.ts";

/** Who is signed in, and the way out; nothing for whoever sits at the machine itself. */
export function WhoAmI() {
  const who = useStore(session);
  const root = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const id = useId();
  useEffect(() => void learnSession(), []);
  useEffect(() => (open ? closeFromOutside(root.current, setOpen) : undefined), [open]);
  if (who === null || who.kind === "local") return null;
  const name = who.login ?? who.name;
  return (
    <div class="whoami" ref={root}>
      <button
        type="button"
        class="whoami-button"
        aria-label={`Signed in as ${name}`}
        aria-expanded={open}
        aria-controls={id}
        title={`Signed in as ${name}`}
        onClick={() => setOpen(!open)}
      >
        <span aria-hidden="true">{name.slice(0, 1).toUpperCase()}</span>
      </button>
      {open && (
        <div class="whoami-panel" id={id}>
          <p>
            <strong>{who.name}</strong>
            {who.login !== null && <span class="quiet"> {who.login} on GitHub</span>}
            {who.kind === "token" && <span class="quiet"> with the access token</span>}
          </p>
          {who.kind === "person" && (
            <Link class="whoami-link" to="/you">
              Where you are signed in
            </Link>
          )}
          <SignOut />
        </div>
      )}
    </div>
  );
}

function SignOut() {
  const action = useAction();
  return (
    <>
      <button
        type="button"
        disabled={action.busy}
        onClick={() =>
          void action.run(async () => {
            await sessionApi.signOut();
            leave();
          })
        }
      >
        Sign out
      </button>
      <ActionProblem action={action} />
    </>
  );
}
