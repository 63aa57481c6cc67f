/** The names under which ids stand in every line of the log. */
export interface Ids {
  /** Of one request to the console, or to the API. */
  requestId?: string;
  /** The platform's own, of what it has sent. */
  eventId?: string;
  /** `slack`, `discord` or `github`. */
  platform?: string;
  workspaceId?: string;
  rfcSlug?: string;
  branchName?: string;
  threadId?: string;
  turnId?: string;
  /** Of a place in chat. */
  linkId?: string;
  changeId?: string;
}

/**
 * The part of pino's logger that Redline uses; fields first, then the message. What people and models write is never
 * in a field, nor in a message, above `debug`.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For commands that say what there is to say by themselves. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The same logger, with these ids in each of its lines. */
export function about(logger: Logger, ids: Ids): Logger {
  return {
    debug: (fields, message) => logger.debug({ ...ids, ...fields }, message),
    info: (fields, message) => logger.info({ ...ids, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...ids, ...fields }, message),
    error: (fields, message) => logger.error({ ...ids, ...fields }, message),
  };
}

/** What pino is made with, whoever makes it; the last step before a line is written is `redact`. */
export function logOptions(level: string, secrets: readonly string[]) {
  const redact = createRedactor(secrets);
  return {
    level,
    serializers: { err: describeError },
    redact: {
      paths: [...SECRET_FIELDS, ...SECRET_FIELDS.map((name) => `*.${name}`)],
      censor: HIDDEN,
    },
    hooks: { streamWrite: redact },
  };
}

const HIDDEN = "[hidden]";

/** Fields that are hidden whatever they hold. */
const SECRET_FIELDS = [
  "token",
  "authorization",
  "cookie",
  "password",
  "secret",
  "clientSecret",
  "apiKey",
  "privateKey",
];

/** What platforms' tokens look like, wherever they stand; and what addresses and headers carry. */
const SECRET_FORMS: readonly [RegExp, string][] = [
  [/\bx(?:ox[a-z]|app)-[\w.-]+/g, HIDDEN],
  [/\b(?:gh[opsur]_\w+|github_pat_\w+)/g, HIDDEN],
  [/\bsk-[\w-]{8,}/g, HIDDEN],
  // Discord's: three parts, the first of which is the bot's id.
  [/\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g, HIDDEN],
  // JSON Web Tokens, such as those of GitHub Apps.
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, HIDDEN],
  [/(\b(?:bearer|bot|basic|token) )[\w.~+/=-]{8,}/gi, `$1${HIDDEN}`],
  [/(:\/\/[^\s/:@"\\]*:)[^\s/@"\\]+(?=@)/g, `$1${HIDDEN}`],
  [/([?&](?:token|code|access_token|client_secret|state)=)[^\s&"\\]+/g, `$1${HIDDEN}`],
  // The addresses to which commands' answers go let anybody answer.
  [/(\/(?:webhooks|interactions)\/\d+\/)[\w-]{20,}/g, `$1${HIDDEN}`],
  [/(\/(?:commands|actions|workflows)\/T\w+\/\d+\/)\w+/g, `$1${HIDDEN}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)/gs, HIDDEN],
];

/** Below this a value would be found in words that are none. */
const SHORTEST_SECRET = 6;

/** Takes out of a line what nobody may read in it: these very secrets, and whatever looks like one. */
export function createRedactor(secrets: readonly string[]): (line: string) => string {
  const written = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  // The longest first: one may be a part of another.
  const values = [...new Set(written)].toSorted((a, b) => b.length - a.length);
  return (line) => {
    let shown = line;
    for (const value of values) shown = shown.replaceAll(value, HIDDEN);
    for (const [form, to] of SECRET_FORMS) shown = shown.replace(form, to);
    return shown;
  };
}

const LONGEST_WORDS = 1_000;
const MOST_CAUSES = 3;

/**
 * An error as the log has it: its kind, its words, where it came from, and what caused it. Nothing else of it: the
 * clients of platforms put whole requests beside their errors, with what people wrote.
 */
export function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error, message: cut(String(error)) };
  const { code, status } = error as { code?: unknown; status?: unknown };
  return {
    type: error.constructor.name || error.name,
    message: cut(error.message),
    ...(isPlain(code) && { code }),
    ...(isPlain(status) && { status }),
    stack: stackOf(error),
    ...(error.cause !== undefined &&
      depth < MOST_CAUSES && { cause: describeError(error.cause, depth + 1) }),
  };
}

const isPlain = (value: unknown): value is string | number =>
  typeof value === "number" || (typeof value === "string" && value.length <= 100);

/** The places alone; its words stand in the message already. */
function stackOf({ stack = "" }: Error): string {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}

const cut = (text: string): string =>
  text.length <= LONGEST_WORDS ? text : `${text.slice(0, LONGEST_WORDS)}…`;
