/**
 * What GitHub tells by webhook, cut down to where to look. Texts of others are left out: whoever works the
 * event off reads them from GitHub as they are then.
 */
import { z } from "zod";
import type { HostEvent, HostEventKind } from "../../src/reviews/host-event.ts";
import { isBranchName } from "../../src/rfcs/git-names.ts";
import { isRepositoryName } from "./names.ts";

/** What Redline looks at again for; everything else is of no concern to it. */
const ACTIONS: Record<Exclude<HostEventKind, "push">, readonly string[]> = {
  pull_request: ["opened", "reopened", "closed", "synchronize", "edited"],
  pull_request_review: ["submitted", "edited", "dismissed"],
  pull_request_review_comment: ["created", "edited", "deleted"],
  pull_request_review_thread: ["resolved", "unresolved"],
  issue_comment: ["created", "edited", "deleted"],
  installation: ["created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"],
  installation_repositories: ["added", "removed"],
};

/** Names of GitHub's accounts: of people, of managed people (with `_`), of Apps (with `[bot]`). */
const LOGIN = /^[\w-]{1,100}(\[bot\])?$/;
const HEADS = "refs/heads/";
/** GitHub's own limit for a ref, in bytes; characters are at most that. */
const MAX_REF = 255;

const branchName = z.string().max(MAX_REF).refine(isBranchName);
const number = z.int().min(1);
const sender = z.object({ id: number, login: z.string().regex(LOGIN) }).nullish();
const repository = z.object({ full_name: z.string().refine(isRepositoryName) });

const anyPayload = z.object({ sender });
const pushPayload = z.object({
  ref: z.string(),
  created: z.boolean(),
  deleted: z.boolean(),
  forced: z.boolean(),
  repository,
});
const pullPayload = z.object({
  repository,
  pull_request: z.object({ number, head: z.object({ ref: branchName }) }),
});
const issuePayload = z.object({
  repository,
  issue: z.object({ number, pull_request: z.looseObject({}).nullish() }),
});

/** Where an event happened, and what it was. */
type Place = Pick<HostEvent, "kind" | "action" | "repository" | "branch" | "pullNumber">;

/**
 * The event of a delivery; null for one that is of no concern. Pure.
 * @throws z.ZodError for a payload that is not as GitHub's are
 */
export function readEvent(name: string, deliveryId: string, payload: unknown): HostEvent | null {
  const place = readPlace(name, payload);
  if (place === null) return null;
  const by = anyPayload.parse(payload).sender ?? null;
  const actor = by && { id: String(by.id), login: by.login };
  return { source: "github", eventId: deliveryId, ...place, actor };
}

function readPlace(name: string, payload: unknown): Place | null {
  if (name === "push") return readPush(payload);
  if (!isKnown(name)) return null;
  const { action } = z.object({ action: z.string() }).parse(payload);
  if (!ACTIONS[name].includes(action)) return null;
  const what = { kind: name, action };
  switch (name) {
    case "installation":
    case "installation_repositories":
      return { ...what, repository: null, branch: null, pullNumber: null };
    case "issue_comment": {
      const { issue, repository: of } = issuePayload.parse(payload);
      if (issue.pull_request == null) return null;
      return { ...what, repository: of.full_name, branch: null, pullNumber: issue.number };
    }
    default: {
      const { pull_request: pull, repository: of } = pullPayload.parse(payload);
      const { number: pullNumber, head } = pull;
      return { ...what, repository: of.full_name, branch: head.ref, pullNumber };
    }
  }
}

/** Null for a tag. */
function readPush(payload: unknown): Place | null {
  const push = pushPayload.parse(payload);
  if (!push.ref.startsWith(HEADS)) return null;
  let action = "pushed";
  if (push.deleted) action = "deleted";
  else if (push.created) action = "created";
  else if (push.forced) action = "forced";
  const branch = branchName.parse(push.ref.slice(HEADS.length));
  return {
    kind: "push",
    action,
    repository: push.repository.full_name,
    branch,
    pullNumber: null,
  };
}

const isKnown = (name: string): name is keyof typeof ACTIONS => Object.hasOwn(ACTIONS, name);
