import { beforeEach, describe, expect, it } from "vitest";

import { UserError } from "../../src/errors.ts";
import type { ChangedFile, DocumentHost, PullRequest, PullRequestHost } from "../../src/ports.ts";
import type { FoundDocument } from "../../src/rfcs/document-finder.ts";
import { DocumentFinder } from "../../src/rfcs/document-finder.ts";
import { pullWith } from "../support/pull-request.ts";

const REPOSITORY = "acme/rfcs";
const PATH = "text/0001.md";
const LOCAL = "file:///repository";

/** Branches of the repository, and what is asked of it beside them. */
let branches: Map<string, string>;
let pulls: PullRequest[];
let files: ChangedFile[];
let asked: string[];

beforeEach(() => {
  branches = new Map([
    ["main", "1".repeat(40)],
    ["feature", "2".repeat(40)],
  ]);
  pulls = [];
  const added = { status: "added" as const, additions: 20, deletions: 0 };
  files = [{ ...added, path: PATH, previousPath: null, patch: "" }];
  asked = [];
});

const isOnHost = (repository: string): boolean => /^[^/:]+\/[^/:]+$/.test(repository);
const pullRequests: Pick<
  PullRequestHost,
  "serves" | "parseUrl" | "defaultBranch" | "listOpen" | "get" | "files"
> = {
  serves: isOnHost,
  parseUrl(address) {
    const match = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/pull\/(\d+)$/.exec(address);
    return match ? { repository: match[1]!, number: Number(match[2]) } : null;
  },
  defaultBranch: () => Promise.resolve("main"),
  listOpen(repository, headBranch) {
    asked.push(`open of ${repository}${headBranch ? ` from ${headBranch}` : ""}`);
    const isFrom = (pull: PullRequest): boolean =>
      headBranch === undefined ||
      (pull.headBranch === headBranch && pull.headRepository === REPOSITORY);
    return Promise.resolve(pulls.filter((pull) => pull.state === "open" && isFrom(pull)));
  },
  get(_, number) {
    const pull = pulls.find((one) => one.number === number);
    if (!pull) throw new UserError("not-found", "There is no such pull request.");
    return Promise.resolve(pull);
  },
  files(_, number) {
    asked.push(`files of ${number}`);
    return Promise.resolve(files);
  },
};
const documents: Pick<DocumentHost, "serves" | "tips"> = {
  serves: (repository) => isOnHost(repository) || repository === LOCAL,
  tips: (_, names) =>
    Promise.resolve(new Map(names.map((name) => [name, branches.get(name) ?? null]))),
};

const find = (input: { repository: string; path?: string; branch?: string }) =>
  new DocumentFinder({
    documents: {
      hostOf(repository: string) {
        if (documents.serves(repository)) return documents;
        throw new UserError("repository-unavailable", `Redline cannot open “${repository}”.`);
      },
    } as never,
    pullRequests: [pullRequests as PullRequestHost],
  }).find(input);
const refusal = async (input: Parameters<typeof find>[0]): Promise<UserError> => {
  const error: unknown = await find(input).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
};
const found = (more: Partial<FoundDocument> = {}): FoundDocument => ({
  repository: REPOSITORY,
  path: PATH,
  branch: "feature",
  hostRef: null,
  pullTitle: "Webhook retries",
  hasPullRequests: true,
  ...more,
});
const url = (number: number): string => `https://github.com/${REPOSITORY}/pull/${number}`;

describe("the address of a pull request", () => {
  it("is enough", async () => {
    pulls = [pullWith({ number: 12 }), pullWith({ number: 13, headBranch: "other" })];
    expect(await find({ repository: url(12) })).toEqual(found());
  });

  it("is asked no more than needed where the path is given", async () => {
    pulls = [pullWith()];
    expect(await find({ repository: url(12), path: "a.md" })).toEqual(found({ path: "a.md" }));
    expect(asked).toEqual([]);
  });

  it("leads to a fork's branch by the pull request's own ref", async () => {
    const hostRef = "refs/pull/12/head";
    pulls = [pullWith({ headRepository: "ada/rfcs" })];
    expect(await find({ repository: url(12) })).toEqual(found({ hostRef }));
    pulls = [pullWith({ headRepository: null })];
    expect(await find({ repository: url(12) })).toEqual(found({ hostRef }));
    pulls = [pullWith({ headRepository: "Acme/RFCs" })];
    expect(await find({ repository: url(12) })).toEqual(found());
  });

  it("that leads nowhere is told", async () => {
    expect((await refusal({ repository: url(99) })).type).toBe("not-found");
    pulls = [pullWith()];
    files = [];
    expect((await refusal({ repository: url(12) })).type).toBe("not-found");
  });
});

describe("a repository's name", () => {
  it("is enough where one pull request is open", async () => {
    pulls = [pullWith(), pullWith({ number: 3, state: "merged", headBranch: "old" })];
    expect(await find({ repository: REPOSITORY })).toEqual(found());
  });

  it("is not enough where there is none, or more than one", async () => {
    expect((await refusal({ repository: REPOSITORY })).type).toBe("not-found");
    pulls = [pullWith(), pullWith({ number: 13, headBranch: "other" })];
    const error = await refusal({ repository: REPOSITORY });
    expect(error.type).toBe("ambiguous");
    expect(error.message).toContain(url(12));
    expect(error.message).toContain(url(13));
  });

  it("and a path mean the default branch", async () => {
    const given = { repository: REPOSITORY, path: "a.md" };
    const inMain = found({ path: "a.md", branch: "main", pullTitle: null });
    expect(await find(given)).toEqual(inMain);
  });
});

describe("a branch", () => {
  it("with a path needs no pull request", async () => {
    const given = { repository: REPOSITORY, path: "a.md", branch: "feature" };
    expect(await find(given)).toEqual(found({ path: "a.md", pullTitle: null }));
    expect(asked).toEqual([]);
  });

  it("leads to the document of its pull request", async () => {
    pulls = [
      pullWith({ number: 14, headBranch: "feature", headRepository: "ada/rfcs" }),
      pullWith({ number: 12 }),
    ];
    const given = { repository: REPOSITORY, branch: "feature" };
    expect(await find(given)).toEqual(found());
    expect(asked).toEqual([`open of ${REPOSITORY} from feature`, "files of 12"]);
  });

  it("that only a fork has leads there", async () => {
    pulls = [pullWith({ headBranch: "patch-1", headRepository: "ada/rfcs" })];
    const forked = found({ branch: "patch-1", hostRef: "refs/pull/12/head" });
    const given = { repository: REPOSITORY, branch: "patch-1" };
    expect(await find(given)).toEqual(forked);
    expect(await find({ ...given, path: "a.md" })).toEqual({ ...forked, path: "a.md" });
  });

  it("that several forks have is asked for by its pull request", async () => {
    pulls = ["ada/rfcs", "grace/rfcs"].map((headRepository, index) =>
      pullWith({ number: 20 + index, headBranch: "patch-1", headRepository }),
    );
    const error = await refusal({ repository: REPOSITORY, branch: "patch-1" });
    expect(error.type).toBe("ambiguous");
    expect(error.message).toContain(url(20));
    expect(error.message).toContain(url(21));
  });

  it("without a pull request needs the path too", async () => {
    pulls = [pullWith({ headBranch: "other" })];
    for (const branch of ["feature", "nowhere"]) {
      const error = await refusal({ repository: REPOSITORY, branch });
      expect(error.type).toBe("not-found");
      expect(error.message).toContain(`from the branch ${branch} in ${REPOSITORY}`);
    }
  });

  it("that is nowhere is left to the reading, which says so", async () => {
    const given = { repository: REPOSITORY, path: "a.md", branch: "nowhere" };
    expect(await find(given)).toEqual(found({ path: "a.md", branch: "nowhere", pullTitle: null }));
  });
});

describe("a repository without pull requests", () => {
  it("needs its path and branch", async () => {
    const given = { repository: LOCAL, path: "a.md", branch: "main" };
    expect(await find(given)).toEqual({
      ...given,
      hostRef: null,
      pullTitle: null,
      hasPullRequests: false,
    });
    expect((await refusal({ repository: LOCAL, branch: "main" })).message).toContain("`path`");
    expect((await refusal({ repository: LOCAL, path: "a.md" })).message).toContain("`branch`");
  });

  it("that nobody can open is told first", async () => {
    expect((await refusal({ repository: "svn://x" })).type).toBe("repository-unavailable");
    const foreign = "https://gitlab.example/acme/rfcs/-/merge_requests/1";
    expect((await refusal({ repository: foreign })).type).toBe("repository-unavailable");
  });
});
