/** The bodies of webhooks, in the shapes of GitHub's reference. */
import type { Auth } from "./auth.ts";
import { fullName } from "./model.ts";
import type { Json } from "./model.ts";
import {
  repositoryHtml,
  showAccount,
  showCommit,
  showInstallation,
  showRepository,
} from "./show.ts";
import type { Show } from "./show.ts";
import {
  showFullPull,
  showIssue,
  showIssueComment,
  showPull,
  showReviewComment,
} from "./show-reviews.ts";
import type { InstallationEvent, PushEvent, RepositoryEvent, WorldEvent } from "./world.ts";

export async function payloadOf(show: Show, auth: Auth, event: WorldEvent): Promise<Json> {
  const sender = showAccount(show, event.sender);
  if ("repositories" in event) {
    return { ...installationPayload(show, auth, event), sender };
  }
  const installation = [...auth.installations.values()].find((one) =>
    one.repositories.has(event.repository),
  );
  const common = {
    repository: showRepository(show, event.repository),
    sender,
    ...(installation && { installation: { id: installation.id, node_id: "" } }),
  };
  return { ...(await ownPart(show, auth, event)), ...common };
}

async function ownPart(show: Show, auth: Auth, event: RepositoryEvent): Promise<Json> {
  if (event.name === "push") return await pushPayload(show, event);
  const { action } = event;
  if (event.name === "pull_request") {
    const pull = await showFullPull(show, event.pull);
    return { action, number: event.pull.number, pull_request: pull, ...event.extra };
  }
  if (event.name === "pull_request_review_thread") {
    const comments: Json[] = [];
    for (const one of event.thread.comments) comments.push(await showReviewComment(show, one));
    const thread = { node_id: event.thread.nodeId, comments };
    return { action, thread, pull_request: showPull(show, event.thread.pull) };
  }
  if (event.name === "issue_comment") {
    const { comment } = event;
    const app = comment.appId === null ? null : (auth.apps.get(comment.appId) ?? null);
    const issue = showIssue(show, comment.pull);
    return { action, issue, comment: showIssueComment(show, comment, app), ...event.extra };
  }
  const comment = await showReviewComment(show, event.comment);
  const pull = showPull(show, event.comment.thread.pull);
  return { action, comment, pull_request: pull, ...event.extra };
}

/** At most 2,048 commits, as GitHub sends them. */
async function pushPayload(show: Show, event: PushEvent): Promise<Json> {
  const { repository, before, after } = event;
  const isNew = /^0+$/.test(before);
  const isGone = /^0+$/.test(after);
  const range = isNew ? ["-1", after] : [`${before}..${after}`];
  const commits = isGone ? [] : await repository.store.log(["--reverse", "-2048", ...range]);
  const shown: Json[] = [];
  for (const commit of commits) {
    const parent = commit.parents[0];
    const files = parent ? await repository.store.diff(parent, commit.sha) : [];
    const named = (status: readonly string[]): string[] =>
      files.filter((file) => status.includes(file.status)).map(({ path }) => path);
    shown.push({
      id: commit.sha,
      tree_id: commit.tree,
      distinct: true,
      message: commit.message,
      timestamp: commit.author.date,
      url: showCommit(show, repository, commit)["html_url"],
      author: { ...commit.author, username: show.world.byEmail(commit.author.email)?.login },
      committer: commit.committer,
      added: named(["added"]),
      removed: [...named(["removed"]), ...files.flatMap((one) => one.previousPath ?? [])],
      modified: named(["modified", "renamed", "changed"]),
    });
  }
  const { sender } = event;
  return {
    ref: event.ref,
    before,
    after,
    created: isNew,
    deleted: isGone,
    forced: event.forced,
    base_ref: null,
    compare: `${repositoryHtml(show, repository)}/compare/${before}...${after}`,
    commits: shown,
    head_commit: shown.at(-1) ?? null,
    pusher: { name: sender.login, email: sender.email },
  };
}

function installationPayload(show: Show, auth: Auth, event: InstallationEvent): Json {
  const repositories = event.repositories.map((one) => ({
    id: one.id,
    node_id: one.nodeId,
    name: one.name,
    full_name: fullName(one),
    private: one.isPrivate,
  }));
  const found = auth.installations.get(event.installationId);
  const installation = found ? showInstallation(show, found) : { id: event.installationId };
  const { action } = event;
  if (event.name === "installation") return { action, installation, repositories };
  const changed = action === "added" ? "repositories_added" : "repositories_removed";
  const none = { repositories_added: [], repositories_removed: [] };
  return {
    action,
    installation,
    repository_selection: "selected",
    ...none,
    [changed]: repositories,
  };
}
