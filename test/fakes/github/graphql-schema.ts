/** The part of GitHub's GraphQL schema that the fake has: review threads, resolving them, minimising comments. */
import { ApiError } from "./api-error.ts";
import { authorize, permissionOf, reaches, sees } from "./auth.ts";
import type { Actor } from "./auth.ts";
import type {
  Account,
  IssueComment,
  Json,
  Pull,
  Repository,
  ReviewComment,
  Thread,
} from "./model.ts";
import { standingOf } from "./positions.ts";
import { setResolved } from "./review-actions.ts";
import type { World } from "./world.ts";

export interface Context {
  world: World;
  actor: Actor;
}

type Resolver = (source: never, args: Json, context: Context) => unknown;

/** A field: `type` names that of its objects; without one it is a leaf. */
interface FieldType {
  type?: string;
  args?: readonly string[];
  resolve: Resolver;
}

/** A failed field: null in `data`, and one entry in `errors`. */
export class GraphqlError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const leaf = (resolve: Resolver): FieldType => ({ resolve });

const connection = (resolveAll: (source: never, context: Context) => readonly unknown[]) => {
  const resolve: Resolver = (source, args, context) => pageOf(resolveAll(source, context), args);
  return { args: ["first", "after"], resolve };
};

interface Page {
  nodes: readonly unknown[];
  totalCount: number;
  hasNextPage: boolean;
  endCursor: string | null;
}

const connectionType = (node: string): Record<string, FieldType> => ({
  nodes: { type: node, resolve: ({ nodes }: Page) => nodes },
  totalCount: leaf(({ totalCount }: Page) => totalCount),
  pageInfo: { type: "PageInfo", resolve: (page: Page) => page },
});

const userType: Record<string, FieldType> = {
  id: leaf((account: Account) => account.nodeId),
  login: leaf((account: Account) => account.login.replace("[bot]", "")),
  databaseId: leaf((account: Account) => account.id),
};

export const TYPES: Record<string, Record<string, FieldType>> = {
  query: {
    viewer: { type: "User", resolve: (_, __, { actor }) => actor.account },
    repository: { type: "Repository", args: ["owner", "name"], resolve: findRepository },
  },
  mutation: {
    resolveReviewThread: {
      type: "ThreadPayload",
      args: ["input"],
      resolve: (_, args, context) => resolveThread(args, context, true),
    },
    unresolveReviewThread: {
      type: "ThreadPayload",
      args: ["input"],
      resolve: (_, args, context) => resolveThread(args, context, false),
    },
    minimizeComment: { type: "MinimizePayload", args: ["input"], resolve: minimize },
  },
  ThreadPayload: {
    clientMutationId: leaf(() => null),
    thread: { type: "PullRequestReviewThread", resolve: (thread: Thread) => thread },
  },
  MinimizePayload: {
    clientMutationId: leaf(() => null),
    minimizedComment: { type: "Minimizable", resolve: (comment: ReviewComment) => comment },
  },
  Minimizable: {
    isMinimized: leaf(({ minimized }: ReviewComment) => minimized !== null),
    minimizedReason: leaf(({ minimized }: ReviewComment) => minimized),
  },
  Repository: {
    id: leaf(({ nodeId }: Repository) => nodeId),
    pullRequest: { type: "PullRequest", args: ["number"], resolve: findPull },
  },
  PullRequest: {
    id: leaf(({ nodeId }: Pull) => nodeId),
    number: leaf(({ number }: Pull) => number),
    reviewThreads: {
      type: "PullRequestReviewThreadConnection",
      ...connection((pull: Pull, { actor }) => visibleThreads(pull, actor)),
    },
  },
  PullRequestReviewThreadConnection: connectionType("PullRequestReviewThread"),
  PullRequestReviewThread: {
    id: leaf(({ nodeId }: Thread) => nodeId),
    isResolved: leaf(({ isResolved }: Thread) => isResolved),
    isOutdated: leaf(async ({ pull, anchor }: Thread) => {
      return (await standingOf(pull, anchor)).line === null;
    }),
    path: leaf(({ anchor }: Thread) => anchor.path),
    // A User by its type: an App that resolved a thread is not told.
    resolvedBy: {
      type: "User",
      resolve: ({ resolvedBy }: Thread) => (resolvedBy?.type === "Bot" ? null : resolvedBy),
    },
    comments: {
      type: "PullRequestReviewCommentConnection",
      ...connection(({ comments }: Thread) => comments),
    },
  },
  PullRequestReviewCommentConnection: connectionType("PullRequestReviewComment"),
  PullRequestReviewComment: {
    id: leaf(({ nodeId }: ReviewComment) => nodeId),
    databaseId: leaf(({ id }: ReviewComment) => int32(id)),
    fullDatabaseId: leaf(({ id }: ReviewComment) => String(id)),
    body: leaf(({ body }: ReviewComment) => body),
    isMinimized: leaf(({ minimized }: ReviewComment) => minimized !== null),
    minimizedReason: leaf(({ minimized }: ReviewComment) => minimized),
    author: { type: "Actor", resolve: ({ author }: ReviewComment) => author },
  },
  Actor: { login: userType["login"] ?? leaf(() => null) },
  User: userType,
  PageInfo: {
    hasNextPage: leaf(({ hasNextPage }: Page) => hasNextPage),
    endCursor: leaf(({ endCursor }: Page) => endCursor),
  },
};

const CLASSIFIERS = ["SPAM", "ABUSE", "OFF_TOPIC", "OUTDATED", "DUPLICATE", "RESOLVED"];

/** GraphQL's Int has 32 bits, and ids of comments have outgrown it. @throws GraphqlError */
function int32(value: number): number {
  if (value < 2 ** 31) return value;
  const text = `Int cannot represent non 32-bit signed integer value: ${value}`;
  throw new GraphqlError("INTERNAL", text);
}

/** @throws GraphqlError without `first` */
function pageOf(items: readonly unknown[], args: Json): Page {
  const first = args["first"];
  if (typeof first !== "number") {
    throw new GraphqlError(
      "MISSING_PAGINATION_BOUNDARIES",
      "You must provide a `first` or `last` value to properly paginate the connection.",
    );
  }
  if (first < 1 || first > 100) {
    const text = `Requesting ${first} records on the connection exceeds the \`first\` limit of 100 records.`;
    throw new GraphqlError("EXCESSIVE_PAGINATION", text);
  }
  const after = args["after"];
  const start = typeof after === "string" ? Number(Buffer.from(after, "base64").toString()) : 0;
  const nodes = items.slice(start, start + first);
  const end = start + nodes.length;
  const endCursor = nodes.length === 0 ? null : Buffer.from(String(end)).toString("base64");
  return { nodes, totalCount: items.length, hasNextPage: end < items.length, endCursor };
}

function findRepository(_: never, args: Json, { world, actor }: Context): Repository {
  const name = `${String(args["owner"])}/${String(args["name"])}`;
  const repository = world.repositories.get(name.toLowerCase());
  if (repository && sees(actor, repository)) return repository;
  const text = `Could not resolve to a Repository with the name '${name}'.`;
  throw new GraphqlError("NOT_FOUND", text);
}

function findPull(repository: Repository, args: Json, { actor }: Context): Pull {
  const number = Number(args["number"]);
  const pull = repository.pulls.get(number);
  if (!pull) {
    const text = `Could not resolve to a PullRequest with the number of ${number}.`;
    throw new GraphqlError("NOT_FOUND", text);
  }
  allow(actor, repository, "pull_requests", "read");
  return pull;
}

const visibleThreads = (pull: Pull, actor: Actor): Thread[] =>
  pull.threads.filter(({ comments }) => {
    const [first] = comments;
    return first?.review.state !== "PENDING" || first.author === actor.account;
  });

function allow(
  actor: Actor,
  repository: Repository,
  permission: string,
  level: "read" | "write",
): void {
  try {
    authorize(actor, repository, [permission], level);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const kind = actor.kind === "installation" ? "integration" : "personal access token";
    throw new GraphqlError("FORBIDDEN", `Resource not accessible by ${kind}`);
  }
}

const noNode = (id: unknown): GraphqlError =>
  new GraphqlError(
    "NOT_FOUND",
    `Could not resolve to a node with the global id of '${String(id)}'.`,
  );

/** Apps need to write contents for it, which is not documented; people need push rights, or the PR. */
function resolveThread(args: Json, context: Context, isResolved: boolean): Thread {
  const { actor, world } = context;
  const { threadId } = args["input"] as Json;
  const thread = world.threads.get(String(threadId));
  if (!thread || !sees(actor, thread.pull.base)) throw noNode(threadId);
  const { pull } = thread;
  allow(actor, pull.base, "pull_requests", "write");
  if (!(actor.kind === "user" && actor.account === pull.author)) {
    allow(actor, pull.base, "contents", "write");
  }
  if (actor.account) setResolved(world, thread, actor.account, isResolved);
  return thread;
}

function minimize(_: never, args: Json, { actor, world }: Context): ReviewComment | IssueComment {
  const { subjectId, classifier } = args["input"] as Json;
  const all = [...world.reviewComments.values(), ...world.issueComments.values()];
  const comment = all.find(({ nodeId }) => nodeId === subjectId);
  if (!CLASSIFIERS.includes(String(classifier))) {
    throw new GraphqlError("INVALID", `${String(classifier)} is no ReportedContentClassifiers`);
  }
  const repository = comment && repositoryOf(comment);
  if (!comment || !repository || !sees(actor, repository)) throw noNode(subjectId);
  allow(actor, repository, "pull_requests", "write");
  const mayPush = reaches(permissionOf(repository, actor.account), "write");
  if (actor.kind === "user" && !mayPush && actor.account !== comment.author) {
    const login = actor.account?.login ?? "";
    const text = `${login} does not have the correct permissions to execute \`MinimizeComment\``;
    throw new GraphqlError("FORBIDDEN", text);
  }
  comment.minimized = String(classifier).toLowerCase();
  return comment;
}

const repositoryOf = (comment: ReviewComment | IssueComment): Repository =>
  "thread" in comment ? comment.thread.pull.base : comment.pull.base;
