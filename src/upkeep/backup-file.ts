/**
 * The file of a backup: lines of JSON in UTF-8, compressed with gzip. First its head, then each table with its
 * rows and how many they were, then the sequences, and at the end the SHA-256 of all lines before. A row is an
 * array with the text of each value as Postgres writes it.
 */
import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { UserError } from "../errors.ts";
import type { SequenceState, TableRow, TableShape } from "../store/backup.ts";

export interface BackupHead {
  /** Of this format. */
  redline_backup: 1;
  made_at: string;
  /** The migrations that the database had, in their order. */
  migrations: string[];
}

/** One line of a backup. */
export type BackupLine =
  | BackupHead
  | { table: string; columns: string[] }
  | TableRow
  | { rows: number }
  | { sequence: string; last: string; is_called: boolean }
  | { end: true; sha256: string };

/** What a backup holds, piece by piece, in its order. */
export type BackupPiece =
  | { kind: "table"; table: TableShape }
  | { kind: "rows"; rows: TableRow[] }
  | { kind: "sequence"; sequence: SequenceState };

const NEWLINE = 0x0a;
/** Characters of lines that are handed on together. */
const CHUNK = 1 << 16;
/** Bytes of a line: no row of Redline's comes near, and a small file of zeros would fill all memory. */
const LONGEST_LINE = 256 * 1024 * 1024;
/** Rows that are handed on together, and characters of them. */
const ROWS = 512;

/** Lines as they stand in the file, and their hash. */
export class LineWriter {
  private readonly hash: Hash = createHash("sha256");
  private pending = "";

  /** Answers with what is to be written by now. */
  *write(line: BackupLine): Generator<Buffer> {
    this.pending += `${JSON.stringify(line)}\n`;
    if (this.pending.length >= CHUNK) yield this.flush();
  }

  *end(): Generator<Buffer> {
    yield this.flush();
    const last: BackupLine = { end: true, sha256: this.hash.digest("hex") };
    yield Buffer.from(`${JSON.stringify(last)}\n`);
  }

  private flush(): Buffer {
    const bytes = Buffer.from(this.pending);
    this.hash.update(bytes);
    this.pending = "";
    return bytes;
  }
}

/** @throws UserError invalid-request for what is no whole backup */
export class BackupReader {
  private readonly lines: AsyncIterator<Buffer>;
  private readonly hash: Hash = createHash("sha256");
  /** The line that was read last: the hash in the last one is of all before it. */
  private unhashed: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.lines = splitLines(bytes);
  }

  async head(): Promise<BackupHead> {
    const line = await this.next();
    if (!isObject(line) || !("redline_backup" in line)) throw noBackup();
    if (line.redline_backup !== 1) {
      throw new UserError(
        "invalid-request",
        "This backup was made by a newer Redline; restore it with that one.",
      );
    }
    if (!isTexts(line.migrations)) throw noBackup();
    return line;
  }

  /** Everything up to the end, which tells that the file is whole; only then may it be believed. */
  async *pieces(): AsyncGenerator<BackupPiece> {
    let rows: TableRow[] = [];
    let size = 0;
    let counted = 0;
    for (;;) {
      const line = await this.next();
      if (Array.isArray(line)) {
        if (!line.every((value) => value === null || typeof value === "string")) throw notWhole();
        rows.push(line);
        counted += 1;
        size += line.reduce((sum, value) => sum + (value?.length ?? 0), 0);
        if (rows.length < ROWS && size < CHUNK * 16) continue;
      }
      if (rows.length > 0) yield { kind: "rows", rows };
      rows = [];
      size = 0;
      if (Array.isArray(line)) continue;
      if (!isObject(line)) throw notWhole();
      if ("end" in line) {
        if (line.sha256 !== this.hash.digest("hex")) throw notWhole();
        // The last bytes of the file are gzip's own, which it looks at when there are no more.
        if ((await this.step()).done !== true) throw notWhole();
        return;
      }
      if ("rows" in line) {
        if (line.rows !== counted) throw notWhole();
      } else if ("table" in line) {
        if (typeof line.table !== "string" || !isTexts(line.columns)) throw notWhole();
        counted = 0;
        yield { kind: "table", table: { name: line.table, columns: line.columns } };
      } else if ("sequence" in line) {
        const { sequence: name, last, is_called: isCalled } = line;
        if (!isTexts([name, last]) || typeof isCalled !== "boolean") throw notWhole();
        yield { kind: "sequence", sequence: { name, last, isCalled } };
      } else throw notWhole();
    }
  }

  private async next(): Promise<BackupLine> {
    const bytes = await this.read();
    this.hash.update(this.unhashed);
    this.unhashed = bytes;
    try {
      return JSON.parse(bytes.toString("utf8")) as BackupLine;
    } catch {
      throw noBackup();
    }
  }

  /** A line with its end. */
  private async read(): Promise<Buffer> {
    const { value, done } = await this.step();
    if (done === true) throw notWhole();
    return value;
  }

  private async step(): Promise<IteratorResult<Buffer, unknown>> {
    try {
      return await this.lines.next();
    } catch (error) {
      // What gzip says of a file that was cut or changed, or is none of its own.
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (code === "Z_BUF_ERROR" || code === "Z_DATA_ERROR") throw notWhole(error);
      throw error;
    }
  }
}

/** What has no end is no line: the file was cut. */
async function* splitLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, at + 1));
      yield Buffer.concat(parts);
      parts = [];
      held = 0;
      from = at + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
    held += chunk.length - from;
    if (held > LONGEST_LINE) throw notWhole();
  }
  if (parts.length > 0) throw notWhole();
}

function isTexts(given: unknown): given is string[] {
  return Array.isArray(given) && given.every((value) => typeof value === "string");
}

function isObject(line: unknown): line is object {
  return typeof line === "object" && line !== null;
}

function noBackup(): UserError {
  return new UserError("invalid-request", "This is no backup of Redline's; nothing was restored.");
}

export function notWhole(cause?: unknown): UserError {
  return new UserError(
    "invalid-request",
    "The backup is not whole: it was cut or changed. Nothing was restored; take another one.",
    { cause },
  );
}
