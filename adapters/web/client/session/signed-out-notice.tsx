import { useStore } from "../state/store.ts";
import { signInPath } from "./session.ts";
import { signedOut } from "./signed-out.ts";

/** Over every page, which stays as it is: what was being written is not lost. */
export function SignedOutNotice() {
  if (!useStore(signedOut)) return null;
  return (
    <div class="signed-out" role="alert">
      <p>
        You are not signed in any more. What you were writing stays here; copy it if you need it.{" "}
        <a href={signInPath()}>Sign in again</a>
      </p>
    </div>
  );
}
