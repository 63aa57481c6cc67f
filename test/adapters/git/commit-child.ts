/**
 * A program of its own that accepts one change, for tests that kill it: by itself after the step `killAt`, or
 * from outside. Prints the outcome as JSON. Argument: `CommitTask` as JSON.
 */
import { createGitDocumentHost } from "../../../adapters/git/document-host.ts";
import type { CommitStep } from "../../../adapters/git/steps.ts";
import type { DocumentLocation } from "../../../src/ports.ts";

export interface CommitTask {
  location: DocumentLocation;
  newBody: string;
  message: string;
  killAt?: CommitStep;
  program?: string;
}

const task = JSON.parse(process.argv[2] ?? "") as CommitTask;
const { location, newBody, message, killAt, program = "git" } = task;
const host = createGitDocumentHost({
  program,
  onStep: (step) => {
    if (step === killAt) process.kill(process.pid, "SIGKILL");
  },
});
const base = await host.read(location);
const author = { name: "Ada Author", email: "ada@example.org" };
const outcome = await host.commit({ location, base, newBody, message, author });
process.stdout.write(JSON.stringify(outcome));
