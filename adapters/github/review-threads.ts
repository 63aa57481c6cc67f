/** Whether the conversations under review comments are settled: GraphQL only. */
import type { Octokit } from "@octokit/rest";
import type { MinimizeReason, ReviewThread } from "../../src/ports.ts";
import { unlessRefused } from "./graphql.ts";
import { toAccount } from "./pull-requests.ts";

/** A hundred threads each; as many comments as GitHub allows below a pull request have no more threads. */
const MAX_PAGES = 30;

/** Comments by their global id: `databaseId` has 32 bits, and `fullDatabaseId` is not everywhere. */
const THREADS = `
  query ($owner: String!, $name: String!, $number: Int!, $after: String) {
    repository(owner: $owner, name: $name) {
      pullRequest(number: $number) {
        reviewThreads(first: 100, after: $after) {
          pageInfo { hasNextPage endCursor }
          nodes {
            id
            isResolved
            resolvedBy { databaseId login }
            comments(first: 1) { nodes { id } }
          }
        }
      }
    }
  }`;

const RESOLVE = `
  mutation ($threadId: ID!) {
    resolveReviewThread(input: { threadId: $threadId }) { thread { id isResolved } }
  }`;

const MINIMIZE = `
  mutation ($subjectId: ID!, $classifier: ReportedContentClassifiers!) {
    minimizeComment(input: { subjectId: $subjectId, classifier: $classifier }) {
      minimizedComment { isMinimized }
    }
  }`;

interface ThreadNode {
  id: string;
  isResolved: boolean;
  resolvedBy: { databaseId: number | null; login: string } | null;
  comments: { nodes: { id: string }[] };
}

interface ThreadsAnswer {
  repository: {
    pullRequest: {
      reviewThreads: {
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
        nodes: ThreadNode[];
      };
    } | null;
  } | null;
}

/** Null where GitHub shows the account no such pull request. */
export async function listThreads(
  octokit: Octokit,
  pull: { owner: string; name: string; number: number },
): Promise<ReviewThread[] | null> {
  const threads: ReviewThread[] = [];
  let after: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const asked: Promise<ThreadsAnswer> = octokit.graphql(THREADS, { ...pull, after });
    const connection = (await unlessRefused(asked))?.repository?.pullRequest?.reviewThreads;
    if (!connection) return null;
    threads.push(...connection.nodes.flatMap(toThread));
    if (!connection.pageInfo.hasNextPage) break;
    after = connection.pageInfo.endCursor;
  }
  return threads;
}

/** None for a thread whose comments are all deleted. */
function toThread(node: ThreadNode): ReviewThread[] {
  const commentNodeId = node.comments.nodes[0]?.id;
  if (commentNodeId === undefined) return [];
  const { id, isResolved, resolvedBy } = node;
  const by = resolvedBy && toAccount({ id: resolvedBy.databaseId ?? 0, login: resolvedBy.login });
  return [{ id, isResolved, resolvedBy: by, commentNodeId }];
}

export async function resolve(octokit: Octokit, threadId: string): Promise<boolean> {
  return (await unlessRefused(octokit.graphql(RESOLVE, { threadId }))) !== null;
}

export async function minimize(
  octokit: Octokit,
  subjectId: string,
  classifier: MinimizeReason,
): Promise<boolean> {
  return (await unlessRefused(octokit.graphql(MINIMIZE, { subjectId, classifier }))) !== null;
}
