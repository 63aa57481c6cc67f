import { useEffect } from "preact/hooks";
import type { SessionJson } from "../../views/session-view.ts";
import { platformName } from "../people/people-words.ts";
import { useLoad } from "../state/load.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Loading } from "../ui/loading.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { Time } from "../ui/time.tsx";
import { describeAgent } from "./describe-agent.ts";
import { leave, sessionApi } from "./session.ts";

/** Who somebody is here, and where they are signed in. */
export function YouPage() {
  useEffect(() => {
    document.title = "You – Redline";
  }, []);
  const loaded = useLoad("you", sessionApi.load);
  return (
    <>
      <PageBar />
      <main class="page">
        <section class="section" aria-labelledby="you-title">
          <h1 id="you-title">You</h1>
          <Loading of={loaded} rows={3}>
            {(who) => (who.kind === "person" ? <Person who={who} /> : <Operator who={who} />)}
          </Loading>
        </section>
      </main>
    </>
  );
}

function Operator({ who }: { who: SessionJson }) {
  return (
    <p class="page-about quiet">
      You are {who.name}, who runs Redline:{" "}
      {who.kind === "token"
        ? "you came in with the access token."
        : "whoever uses this machine is let in."}
    </p>
  );
}

function Person({ who }: { who: SessionJson }) {
  const action = useAction();
  return (
    <>
      <p class="page-about quiet">
        You are {who.name}, by your account {who.login} on GitHub. You see the RFCs whose
        repositories it may read, and may decide where it may write or you are named.
      </p>
      <h2>Your accounts</h2>
      <p class="page-about quiet">
        All of these are you. If one is not, write <code>/rfc disconnect</code> in that chat, or
        take back on GitHub, under Settings, Applications, what you let Redline know of you.
      </p>
      <ul class="accounts" aria-label="Your accounts">
        {who.accounts.map((account, at) => (
          <li class="account" key={at}>
            <span class="account-platform">{platformName(account.platform)}</span>{" "}
            <bdi>{account.name}</bdi>
            {account.workspace !== null && <span class="quiet"> in {account.workspace}</span>}
          </li>
        ))}
      </ul>
      <h2 class="you-sessions">Where you are signed in</h2>
      <ul class="rows">
        {who.sessions.map((session) => (
          <li class="row" key={session.id}>
            <div class="row-text">
              <span class="person-name">
                <strong title={session.agent}>{describeAgent(session.agent)}</strong>
                {session.current && <span class="pill pill-good">This browser</span>}
              </span>
              <span class="quiet">
                since <Time iso={session.created_at} />, last used <Time iso={session.seen_at} />
              </span>
            </div>
          </li>
        ))}
      </ul>
      <p class="more">
        <button
          type="button"
          disabled={action.busy}
          onClick={() =>
            void action.run(async () => {
              await sessionApi.signOutEverywhere();
              leave();
            })
          }
        >
          Sign out everywhere
        </button>
      </p>
      <ActionProblem action={action} />
    </>
  );
}
