import { createGitDocumentHost } from "../../../adapters/git/document-host.ts";
import {
  describeDocumentHost,
  type DocumentHostHarness,
  type HostedDocument,
} from "../../contract/document-host.ts";
import { GitRepository, type GitRepositoryOptions } from "../../support/git-repository.ts";

describeDocumentHost("for a working repository", () => harness({}));
describeDocumentHost("for a bare repository", () => harness({ bare: true }));
describeDocumentHost("for a SHA-256 repository", () => harness({ objectFormat: "sha256" }));

function harness(options: GitRepositoryOptions): DocumentHostHarness {
  const repositories: GitRepository[] = [];
  return {
    host: createGitDocumentHost(),
    missingRepository: "file:///no/such/folder",
    async create(files, path): Promise<HostedDocument> {
      const repository = await GitRepository.create(files, options);
      repositories.push(repository);
      return hosted(repository, path);
    },
    async dispose() {
      await Promise.all(repositories.map(async (repository) => await repository.remove()));
    },
  };
}

function hosted(repository: GitRepository, path: string): HostedDocument {
  const { url, branch } = repository;
  return {
    location: { repository: url, path, branch },
    outsideCommit: async (at, content) => await repository.outsideCommit(at, content),
    async readCommit(sha) {
      const [commit] = await repository.log(sha);
      const names = await repository.git("diff-tree", "-r", "--name-only", `${sha}^`, sha);
      return { ...commit!, changedPaths: names.split("\n") };
    },
    readFile: async (sha, at) => await repository.gitBytes(["cat-file", "blob", `${sha}:${at}`]),
  };
}
