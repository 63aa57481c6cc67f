import type { PersonJson } from "../../views/people-view.ts";
import { rfcPeoplePath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";
import { platformName } from "./people-words.ts";

/** A person, their accounts, and where they were named to decide. */
export function PersonRow({ person }: { person: PersonJson }) {
  const { accounts, maintains } = person;
  return (
    <li class="row person">
      <div class="row-text">
        <span class="person-name">
          <strong>{person.name}</strong>
          {person.bot && <span class="pill">Bot</span>}
          {person.seen_at !== null && (
            <span class="quiet">
              last heard of <Time iso={person.seen_at} />
            </span>
          )}
        </span>
        <ul class="accounts" aria-label={`Accounts of ${person.name}`}>
          {accounts.map((account, at) => (
            <Account key={at} account={account} />
          ))}
        </ul>
        {maintains.length > 0 && (
          <span class="quiet">
            May decide{" "}
            {maintains.map(({ where, rfc_slug: slug }, at) => (
              <span key={at}>
                {at > 0 && ", "}
                {slug === null ? `in ${where}` : <Link to={rfcPeoplePath(slug)}>on {where}</Link>}
              </span>
            ))}
          </span>
        )}
      </div>
    </li>
  );
}

function Account({ account }: { account: PersonJson["accounts"][number] }) {
  const { platform, workspace, name, connected, unreachable } = account;
  return (
    <li class="account">
      <span class="account-platform">{platformName(platform)}</span> <bdi>{name}</bdi>
      {workspace !== null && <span class="quiet"> in {workspace}</span>}
      {connected && <span class="pill pill-good">Connected</span>}
      {unreachable !== null && (
        <span class="account-trouble">No private messages: {unreachable}</span>
      )}
    </li>
  );
}
