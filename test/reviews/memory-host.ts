import type {
  CommentKind,
  CommentRef,
  LineComment,
  MinimizeReason,
  PullRequest,
  PullRequestComment,
  PullRequestHost,
  ReviewThread,
} from "../../src/ports.ts";
import { ReviewRejected } from "../../src/ports.ts";
import { commentOf } from "./plan-support.ts";

type Needed = Pick<
  PullRequestHost,
  | "get"
  | "postReview"
  | "postFileComment"
  | "postConversationComment"
  | "editComment"
  | "deleteComment"
  | "resolveThread"
  | "minimize"
>;

/** One pull request in memory, on which the things that a host does may fail. */
export class MemoryHost implements Needed {
  pull: PullRequest;
  comments: PullRequestComment[] = [];
  readonly resolved = new Set<string>();
  readonly minimised = new Map<string, MinimizeReason>();
  /** What was asked for, in order. */
  readonly calls: string[] = [];
  /** Whether the host refuses a comment as it is. */
  refuses: (body: string, kind: CommentKind) => boolean = () => false;
  /** Called before and after each write; what it throws is what the caller sees. */
  trouble: (call: string, when: "before" | "after") => void = () => {};
  maySettle = true;
  private lastId = 0;

  constructor(pull: PullRequest) {
    this.pull = pull;
  }

  /** As the caller of the port has it. */
  get port(): PullRequestHost {
    return this as unknown as PullRequestHost;
  }

  threads(): ReviewThread[] {
    return this.comments
      .filter(({ kind }) => kind !== "conversation")
      .map(({ id, nodeId }) => ({
        id: `thread of ${id}`,
        isResolved: this.resolved.has(`thread of ${id}`),
        resolvedBy: null,
        commentNodeId: nodeId,
      }));
  }

  async get(): Promise<PullRequest> {
    return this.pull;
  }

  async postReview(
    _repository: string,
    _number: number,
    review: { commitSha: string; comments: readonly LineComment[] },
  ): Promise<PullRequestComment[]> {
    return this.write(`review of ${review.comments.length}`, () => {
      const isPlaced = review.commitSha === this.pull.headSha;
      if (!isPlaced || review.comments.some(({ body }) => this.refuses(body, "line"))) {
        throw new ReviewRejected("422");
      }
      return review.comments.map((comment) => this.add("line", comment));
    });
  }

  async postFileComment(
    _repository: string,
    _number: number,
    { body, path }: { commitSha: string; path: string; body: string },
  ): Promise<PullRequestComment> {
    return this.write("file comment", () => {
      if (this.refuses(body, "file")) throw new ReviewRejected("422");
      return this.add("file", { path, body });
    });
  }

  async postConversationComment(
    _repository: string,
    _number: number,
    body: string,
  ): Promise<PullRequestComment> {
    return this.write("conversation comment", () => this.add("conversation", { body, path: null }));
  }

  async editComment(_repository: string, ref: CommentRef, body: string): Promise<boolean> {
    return this.write(`edit ${ref.id}`, () => {
      const comment = this.comments.find(({ id }) => id === ref.id);
      if (comment) comment.body = body;
      return comment !== undefined;
    });
  }

  async deleteComment(_repository: string, ref: CommentRef): Promise<void> {
    return this.write(`delete ${ref.id}`, () => {
      this.comments = this.comments.filter(({ id }) => id !== ref.id);
    });
  }

  async resolveThread(_repository: string, threadId: string): Promise<boolean> {
    return this.write(`resolve ${threadId}`, () => {
      if (this.maySettle) this.resolved.add(threadId);
      return this.maySettle;
    });
  }

  async minimize(_repository: string, ref: CommentRef, reason: MinimizeReason): Promise<boolean> {
    return this.write(`minimise ${ref.id} ${reason}`, () => {
      this.minimised.set(ref.id, reason);
      return true;
    });
  }

  private write<T>(call: string, work: () => T): T {
    this.calls.push(call);
    this.trouble(call, "before");
    const result = work();
    this.trouble(call, "after");
    return result;
  }

  private add(kind: CommentKind, more: Partial<PullRequestComment>): PullRequestComment {
    const id = String((this.lastId += 1));
    const place = kind === "line" ? {} : { startLine: null, line: null };
    const comment = commentOf({ id, nodeId: `N${id}`, url: `https://host/${id}`, kind, ...place });
    Object.assign(comment, more);
    this.comments.push(comment);
    return comment;
  }
}
