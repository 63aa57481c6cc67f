/** What is open within a paragraph: emphasis, code, a link. */
export interface InlineState {
  /** Marks that close again, outermost first. */
  marks: readonly string[];
  /** The run of backticks that code began with. */
  code: string | null;
  /** Where a bracket opened that is not closed, with the address that may follow. */
  link: number | null;
}

/** A bracket that is open for longer is no link. */
const MAX_LINK = 1_000;
/** Of emphasis within emphasis; beyond it, marks are text. */
const MAX_MARKS = 4;
/** A longer run of backticks is text. */
const MAX_RUN = 8;

const TOKEN = /\\[!-/:-@[-`{-~]|`+|\*+|_+|~+|\[|\]\(?|\)|[ \t]/g;

/**
 * Reads from the beginning of a text without blocks; the state at a place depends on nothing behind it.
 *
 * @param visit sees the state behind each blank; it ends with the state at `to`
 */
export function walkInline(
  text: string,
  from: number,
  to: number,
  visit?: (at: number, state: InlineState) => void,
): InlineState {
  const part = text.slice(from, to);
  let state: InlineState = { marks: [], code: null, link: null };
  for (const match of part.matchAll(TOKEN)) {
    const token = match[0];
    const at = from + match.index;
    if (state.link !== null && at - state.link > MAX_LINK) state = { ...state, link: null };
    if (token === " " || token === "\t") visit?.(at + 1, state);
    else state = next(state, token, at, part[match.index - 1], part[match.index + token.length]);
  }
  return state;
}

function next(
  state: InlineState,
  token: string,
  at: number,
  previous = " ",
  following = " ",
): InlineState {
  if (token.startsWith("`")) {
    if (state.code !== null) return state.code === token ? { ...state, code: null } : state;
    return token.length > MAX_RUN ? state : { ...state, code: token };
  }
  if (state.code !== null) return state;
  switch (token.charAt(0)) {
    case "[":
      return state.link === null ? { ...state, link: at } : state;
    case "]":
      return token === "](" ? state : { ...state, link: null };
    case ")":
      return { ...state, link: null };
    case "*":
    case "_":
    case "~":
      return emphasis(state, token, previous, following);
    default:
      return state;
  }
}

function emphasis(
  state: InlineState,
  run: string,
  previous: string,
  following: string,
): InlineState {
  if (run.length > 3 || (run.startsWith("~") && run.length !== 2)) return state;
  const left = !isBlank(following) && (!isMark(following) || isBlank(previous) || isMark(previous));
  const right =
    !isBlank(previous) && (!isMark(previous) || isBlank(following) || isMark(following));
  const word = run.startsWith("_") && left && right;
  const opened = state.marks.lastIndexOf(run);
  if (right && !word && opened >= 0) return { ...state, marks: state.marks.slice(0, opened) };
  if (!left || word || state.marks.length >= MAX_MARKS) return state;
  return { ...state, marks: [...state.marks, run] };
}

function isBlank(mark: string): boolean {
  return /\s/.test(mark);
}

function isMark(mark: string): boolean {
  return /[\p{P}\p{S}]/u.test(mark);
}
