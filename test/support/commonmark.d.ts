/** The part of commonmark's parser that the tests use; the package has no types of its own. */
declare module "commonmark" {
  export interface Node {
    readonly type: string;
    /** Of text and code. */
    readonly literal: string | null;
    /** The info string of a fenced code block. */
    readonly info: string | null;
    /** Of a link or a picture. */
    readonly destination: string | null;
    readonly parent: Node | null;
    readonly next: Node | null;
    walker(): NodeWalker;
  }

  export interface NodeWalker {
    next(): { entering: boolean; node: Node } | null;
  }

  export class Parser {
    parse(input: string): Node;
  }
}
