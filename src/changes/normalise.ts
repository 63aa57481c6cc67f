/**
 * One spelling for what copying changes: NFC, straight quotes, plain dashes, decoded entities, every run of
 * white space (line breaks and no-break spaces too) as one space, zero-width characters dropped. Each unit
 * of the result knows the stretch of the source that it came from.
 */
export interface NormalisedText {
  text: string;
  /** Unit `i` of `text` stands for `source.slice(starts[i], ends[i])`; both never decrease. */
  starts: Int32Array;
  ends: Int32Array;
}

const ENTITY =
  /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos|nbsp|ndash|mdash|hellip|lsquo|rsquo|ldquo|rdquo));/y;

const NAMED: Record<string, string> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
  nbsp: " ",
  ndash: "-",
  mdash: "-",
  hellip: "...",
  lsquo: "'",
  rsquo: "'",
  ldquo: '"',
  rdquo: '"',
};

const FOLDED = new Map<string, string>();
for (const [target, sources] of Object.entries({
  "'": "\u2018\u2019\u201A\u201B\u2032\u00B4",
  '"': "\u201C\u201D\u201E\u201F\u2033",
  "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
  "...": "\u2026",
})) {
  for (const source of sources) FOLDED.set(source, target);
}

const CLUSTER =
  /(?:[\u1100-\u115F\uA960-\uA97C]+[\u1160-\u11A7\uD7B0-\uD7C6]*[\u11A8-\u11FF\uD7CB-\uD7FB]*|[\s\S])\p{M}*/uy;

const SPACE = /\s/u;

function isSpace(code: number): boolean {
  if (code < 0x80) return code === 32 || (code >= 9 && code <= 13);
  return code !== 0xfeff && SPACE.test(String.fromCharCode(code));
}

/** Zero-width space, word joiner, byte order mark, soft hyphen. */
function isInvisible(code: number): boolean {
  return code === 0x200b || code === 0x2060 || code === 0xfeff || code === 0xad;
}

/** Codes that are their own normal form and combine with nothing, checked first because they are many. */
function isPlain(code: number): boolean {
  return (
    (code > 32 && code < 0x7f && code !== 38) ||
    (code > 0x3040 && code < 0x3099) ||
    (code > 0x309f && code < 0xa000) ||
    (code >= 0xac00 && code <= 0xd7a3)
  );
}

/** Grows as it is filled: entities shrink the text, an ellipsis and some normal forms lengthen it. */
class Cells {
  #units: Uint16Array;
  #starts: Int32Array;
  #ends: Int32Array;
  #length = 0;

  constructor(capacity: number) {
    this.#units = new Uint16Array(capacity);
    this.#starts = new Int32Array(capacity);
    this.#ends = new Int32Array(capacity);
  }

  push(unit: number, start: number, end: number): void {
    if (this.#length === this.#units.length) this.#grow();
    this.#units[this.#length] = unit;
    this.#starts[this.#length] = start;
    this.#ends[this.#length] = end;
    this.#length++;
  }

  pushAll(text: string, start: number, end: number): void {
    for (let at = 0; at < text.length; at++) this.push(text.charCodeAt(at), start, end);
  }

  /** One space for the whole run, whatever it consists of. */
  pushSpace(start: number, end: number): void {
    if (this.#length > 0 && this.#units[this.#length - 1] === 32)
      this.#ends[this.#length - 1] = end;
    else this.push(32, start, end);
  }

  finish(): NormalisedText {
    const chunks: string[] = [];
    for (let at = 0; at < this.#length; at += 8192) {
      chunks.push(
        String.fromCharCode(...this.#units.subarray(at, Math.min(at + 8192, this.#length))),
      );
    }
    return {
      text: chunks.join(""),
      starts: this.#starts.slice(0, this.#length),
      ends: this.#ends.slice(0, this.#length),
    };
  }

  #grow(): void {
    const capacity = this.#units.length * 2 + 16;
    const units = new Uint16Array(capacity);
    const starts = new Int32Array(capacity);
    const ends = new Int32Array(capacity);
    units.set(this.#units);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#units = units;
    this.#starts = starts;
    this.#ends = ends;
  }
}

/** In one pass, in time proportional to the text. */
export function normalise(source: string): NormalisedText {
  const cells = new Cells(source.length + 16);
  for (let at = 0; at < source.length;) {
    const code = source.charCodeAt(at);
    if (isPlain(code) && !startsCombining(source.charCodeAt(at + 1))) {
      cells.push(code, at, ++at);
    } else if (isSpace(code)) {
      let end = at + 1;
      while (end < source.length && isSpace(source.charCodeAt(end))) end++;
      cells.pushSpace(at, end);
      at = end;
    } else if (isInvisible(code)) {
      at++;
    } else {
      at = pushCluster(cells, source, at);
    }
  }
  return cells.finish();
}

/** Whether the code may be, or begin, a mark that combines with the character before it. */
function startsCombining(code: number): boolean {
  return (
    code >= 0x300 &&
    !(code > 0x3040 && code < 0x3099) &&
    !(code > 0x309f && code < 0xa000) &&
    !(code > 0x2010 && code < 0x2070) &&
    !(code >= 0x3000 && code < 0x302a)
  );
}

function pushCluster(cells: Cells, source: string, at: number): number {
  const entity = source.charCodeAt(at) === 38 ? decodeEntity(source, at) : null;
  if (entity !== null) {
    if (entity.text.trim() === "") cells.pushSpace(at, entity.end);
    else cells.pushAll(fold(entity.text), at, entity.end);
    return entity.end;
  }
  CLUSTER.lastIndex = at;
  const cluster = CLUSTER.exec(source)?.[0] ?? source.charAt(at);
  cells.pushAll(fold(cluster), at, at + cluster.length);
  return at + cluster.length;
}

function fold(cluster: string): string {
  return FOLDED.get(cluster) ?? cluster.normalize("NFC");
}

function decodeEntity(source: string, at: number): { text: string; end: number } | null {
  ENTITY.lastIndex = at;
  const match = ENTITY.exec(source);
  if (match === null) return null;
  const [whole, decimal, hex, name] = match;
  const end = at + whole.length;
  if (name !== undefined) return { text: NAMED[name] ?? whole, end };
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
  return { text: String.fromCodePoint(code), end };
}
