/**
 * Notes of working trees that are about to follow a commit. A note is written before the branch moves and
 * deleted when the working tree has followed, so that whoever comes after a crash can tell a file that we
 * left behind from one that a person deliberately put back to its former state.
 *
 * A note is the file `redline/<commit>.json` in the working tree's own Git folder.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FileEntry } from "./documents.ts";
import { passingName, removeLeftPassingFiles } from "./replace-file.ts";
import type { WorkTree } from "./work-trees.ts";

export interface FollowNote {
  commit: string;
  /** The branch that the commit is made on. */
  ref: string;
  path: string;
  /** The file before and after the commit. */
  from: FileEntry;
  to: FileEntry;
}

/** Where a working tree's notes are, and files that pass through. */
export function notesFolder(gitDir: string): string {
  return join(gitDir, "redline");
}

export function writeNote(gitDir: string, note: FollowNote): void {
  const folder = notesFolder(gitDir);
  mkdirSync(folder, { recursive: true });
  const passing = join(folder, passingName("note"));
  try {
    writeFileSync(passing, JSON.stringify(note));
    renameSync(passing, fileOf(gitDir, note.commit));
  } catch (error) {
    rmSync(passing, { force: true });
    throw error;
  }
}

/** The notes of a working tree, with their age in ms. */
export function readNotes(gitDir: string): { note: FollowNote; ageMs: number }[] {
  return listNotes(gitDir).flatMap((name) => {
    const file = join(notesFolder(gitDir), name);
    try {
      const note = JSON.parse(readFileSync(file, "utf8")) as FollowNote;
      return [{ note, ageMs: Date.now() - statSync(file).mtimeMs }];
    } catch (error) {
      // Another process has just settled it.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
}

/** Deletes the note, and what a crash may have left of the files that passed through. */
export function deleteNote(gitDir: string, note: FollowNote, tree: WorkTree | null): void {
  rmSync(fileOf(gitDir, note.commit), { force: true });
  removeLeftPassingFiles(notesFolder(gitDir));
  if (tree) removeLeftPassingFiles(join(tree.folder, dirname(note.path)));
}

function listNotes(gitDir: string): string[] {
  try {
    return readdirSync(notesFolder(gitDir)).filter((name) => name.endsWith(".json"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function fileOf(gitDir: string, commit: string): string {
  return join(notesFolder(gitDir), `${commit}.json`);
}
