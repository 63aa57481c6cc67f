/** The steps of a commit, in their order; the last five once for each working tree that follows. */
export type CommitStep =
  | "checked"
  | "objects-written"
  | "announced"
  | "branch-moved"
  | "index-updated"
  | "copy-written"
  | "copy-verified"
  | "file-replaced"
  | "followed";
