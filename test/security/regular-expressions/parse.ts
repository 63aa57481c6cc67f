/** The grammar of JavaScript's regular expressions, as far as the project writes them. */

/** `test`: whether one character fits. */
export type Part =
  | { kind: "one"; test: (character: string) => boolean; source: string }
  | { kind: "all"; parts: Part[] }
  | { kind: "any"; parts: Part[] }
  | { kind: "repeat"; part: Part; least: number; most: number; isLazy: boolean }
  | { kind: "group"; part: Part; number: number }
  | { kind: "look"; part: Part; isBehind: boolean; isNegative: boolean }
  | { kind: "edge"; edge: "^" | "$" | "\\b" | "\\B" }
  | { kind: "again"; number: number };

export interface ParsedRegExp {
  root: Part;
  groups: number;
}

/** @throws Error for what it does not know */
export function parseRegExp(source: string, flags: string): ParsedRegExp {
  const names = [...source.matchAll(/\((?:\?<(?![=!])(\w+)>|(?!\?))/g)]
    .filter(({ index }) => isOutside(source, index))
    .map(([, name]) => name ?? "");
  const reader = new Reader(source, flags, names);
  const root = reader.choice();
  if (!reader.isAtEnd()) throw new Error(`cannot be read from ${reader.at}: ${source}`);
  return { root, groups: names.length };
}

/** Of a class, and not escaped. */
function isOutside(source: string, index: number): boolean {
  let isIn = false;
  for (let at = 0; at < index; at += 1) {
    if (source[at] === "\\") at += 1;
    else if (source[at] === "[") isIn = true;
    else if (source[at] === "]") isIn = false;
    if (at >= index) return false;
  }
  return !isIn;
}

class Reader {
  at = 0;
  private groups = 0;
  private readonly source: string;
  private readonly flags: string;
  private readonly names: readonly string[];

  constructor(source: string, flags: string, names: readonly string[]) {
    this.source = source;
    this.flags = flags.replaceAll(/[^imsuv]/g, "");
    this.names = names;
  }

  isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  choice(): Part {
    const parts = [this.sequence()];
    while (this.takes("|")) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: "any", parts };
  }

  private sequence(): Part {
    const parts: Part[] = [];
    while (!this.isAtEnd() && !"|)".includes(this.source[this.at]!)) {
      parts.push(this.repeated(this.term()));
    }
    return { kind: "all", parts };
  }

  private term(): Part {
    if (this.takes("(")) return this.group();
    for (const edge of ["^", "$", "\\b", "\\B"] as const) {
      if (this.takes(edge)) return { kind: "edge", edge };
    }
    const again = this.takesMatch(/^\\(?:([1-9]\d*)|k<(\w+)>)/);
    if (again) {
      const number = again[1] ? Number(again[1]) : this.names.indexOf(again[2]!) + 1;
      return { kind: "again", number };
    }
    const one = this.takesMatch(
      /^(?:\[(?:\\[^]|[^\]\\])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|[^])|[\ud800-\udbff][\udc00-\udfff]|[^])/i,
    )!;
    const fits = new RegExp(`^(?:${one[0]})$`, this.flags);
    const known = new Map<string, boolean>();
    const test = (character: string): boolean => {
      const seen = known.get(character) ?? fits.test(character);
      known.set(character, seen);
      return seen;
    };
    return { kind: "one", test, source: one[0] };
  }

  private group(): Part {
    const look = this.takesMatch(/^\?(<?)([=!])/);
    const isPlain = look ? null : this.takesMatch(/^\?[ims]*(?:-[ims]+)?:/);
    const number = look || isPlain ? 0 : (this.groups += 1);
    if (!look && !isPlain) this.takesMatch(/^\?<\w+>/);
    const part = this.choice();
    if (!this.takes(")")) throw new Error(`a group is open at ${this.at}: ${this.source}`);
    if (look) return { kind: "look", part, isBehind: look[1] === "<", isNegative: look[2] === "!" };
    return number === 0 ? part : { kind: "group", part, number };
  }

  private repeated(part: Part): Part {
    const found = this.takesMatch(/^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/);
    if (!found) return part;
    const [, sign, least, comma, most, lazy] = found;
    const isLazy = lazy === "?";
    if (sign !== undefined) {
      const bounds = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] }[sign]!;
      return { kind: "repeat", part, least: bounds[0]!, most: bounds[1]!, isLazy };
    }
    const upper = comma === "" ? Number(least) : most === "" ? Infinity : Number(most);
    return { kind: "repeat", part, least: Number(least), most: upper, isLazy };
  }

  private takes(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private takesMatch(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.source.slice(this.at));
    if (found) this.at += found[0].length;
    return found;
  }
}
