/** The part of the GraphQL language that clients of the fake use: operations with variables. */

export type Value =
  | { kind: "literal"; value: unknown }
  | { kind: "variable"; name: string }
  | { kind: "list"; items: Value[] }
  | { kind: "object"; fields: Record<string, Value> };

export interface Field {
  alias: string;
  name: string;
  args: Record<string, Value>;
  selections: Field[] | null;
}

export interface Operation {
  type: "query" | "mutation";
  /** Name → whether it must be given. */
  variables: Map<string, boolean>;
  selections: Field[];
}

const TOKEN =
  /\s+|,|#[^\n]*|("""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|\.\.\.|[!$():=@[\]{}|]|-?\d+(?:\.\d+)?|[_A-Za-z]\w*)/y;

/** @throws Error with a sentence for what is no operation of this part of the language */
export function parseOperation(source: string): Operation {
  return new Parser(tokensOf(source)).operation();
}

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new Error(`Parse error on ${JSON.stringify(source.slice(at, at + 10))}`);
    if (match[1] !== undefined) tokens.push(match[1]);
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  operation(): Operation {
    const type = this.#peek() === "{" ? "query" : this.#name();
    if (type !== "query" && type !== "mutation") throw new Error(`Unexpected ${type}`);
    const variables = new Map<string, boolean>();
    if (this.#peek() !== "{" && this.#peek() !== "(") this.#name();
    if (this.#take("(")) {
      while (!this.#take(")")) {
        this.#expect("$");
        const name = this.#name();
        this.#expect(":");
        variables.set(name, this.#type());
      }
    }
    const selections = this.#selections();
    if (this.#at < this.#tokens.length) throw new Error(`Unexpected ${this.#peek()}`);
    return { type, variables, selections };
  }

  /** Whether a value of the type must be given. */
  #type(): boolean {
    if (this.#take("[")) {
      this.#type();
      this.#expect("]");
    } else {
      this.#name();
    }
    const isRequired = this.#take("!");
    if (!this.#take("=")) return isRequired;
    this.#value();
    return false;
  }

  #selections(): Field[] {
    this.#expect("{");
    const selections: Field[] = [];
    while (!this.#take("}")) selections.push(this.#selection());
    return selections;
  }

  #selection(): Field {
    if (this.#take("...")) throw new Error("Fragments are not supported by the fake");
    const first = this.#name();
    const name = this.#take(":") ? this.#name() : first;
    const args: Record<string, Value> = {};
    if (this.#take("(")) {
      while (!this.#take(")")) {
        const arg = this.#name();
        this.#expect(":");
        args[arg] = this.#value();
      }
    }
    const selections = this.#peek() === "{" ? this.#selections() : null;
    return { alias: first, name, args, selections };
  }

  #value(): Value {
    if (this.#take("$")) return { kind: "variable", name: this.#name() };
    if (this.#take("[")) {
      const items: Value[] = [];
      while (!this.#take("]")) items.push(this.#value());
      return { kind: "list", items };
    }
    if (this.#take("{")) {
      const fields: Record<string, Value> = {};
      while (!this.#take("}")) {
        const name = this.#name();
        this.#expect(":");
        fields[name] = this.#value();
      }
      return { kind: "object", fields };
    }
    return { kind: "literal", value: literal(this.#next()) };
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error("Unexpected end of document");
    this.#at += 1;
    return token;
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token) throw new Error(`Expected ${token}, actual: ${found}`);
  }

  #name(): string {
    const token = this.#next();
    if (!/^[_A-Za-z]/.test(token)) throw new Error(`Expected a name, actual: ${token}`);
    return token;
  }
}

function literal(token: string): unknown {
  if (token.startsWith('"""')) return token.slice(3, -3);
  if (token.startsWith('"')) return JSON.parse(token) as string;
  if (token === "true" || token === "false") return token === "true";
  if (token === "null") return null;
  if (/^[-\d]/.test(token)) return Number(token);
  if (/^[_A-Za-z]/.test(token)) return token;
  throw new Error(`Unexpected ${token}`);
}
