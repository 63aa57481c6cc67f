import type { Json } from "./model.ts";

/** An answer `{ code, message, errors? }`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  /** More of the body. */
  readonly extra: Json;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: number,
    message: string,
    extra: Json = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.extra = extra;
    this.headers = headers;
  }

  get body(): Json {
    return { message: this.message, code: this.code, ...this.extra };
  }
}

const UNKNOWN = {
  application: [10002, "Unknown Application"],
  channel: [10003, "Unknown Channel"],
  guild: [10004, "Unknown Guild"],
  member: [10007, "Unknown Member"],
  message: [10008, "Unknown Message"],
  user: [10013, "Unknown User"],
  emoji: [10014, "Unknown Emoji"],
  webhook: [10015, "Unknown Webhook"],
  interaction: [10062, "Unknown interaction"],
} as const;

export function unknown(what: keyof typeof UNKNOWN): ApiError {
  const [code, message] = UNKNOWN[what];
  return new ApiError(404, code, message);
}

export const unauthorized = (): ApiError => new ApiError(401, 0, "401: Unauthorized");
export const missingAccess = (): ApiError => new ApiError(403, 50001, "Missing Access");
export const missingPermissions = (): ApiError => new ApiError(403, 50013, "Missing Permissions");
export const emptyMessage = (): ApiError =>
  new ApiError(400, 50006, "Cannot send an empty message");
export const threadArchived = (): ApiError => new ApiError(400, 50083, "Thread is archived");

export interface FieldError {
  /** `components.0.components.1.custom_id`; empty for the body itself. */
  at: string;
  code: string;
  message: string;
}

/** 50035 with Discord's nested `errors`. */
export function invalidForm(errors: readonly FieldError[]): ApiError {
  const nested: Json = {};
  for (const { at, code, message } of errors) {
    let node = nested;
    for (const part of at === "" ? [] : at.split(".")) {
      node[part] ??= {};
      node = node[part] as Json;
    }
    const list = (node["_errors"] ??= []) as Json[];
    list.push({ code, message });
  }
  const extra = errors.length > 0 ? { errors: nested } : {};
  return new ApiError(400, 50035, "Invalid Form Body", extra);
}

export const tooLong = (at: string, max: number): FieldError => ({
  at,
  code: "BASE_TYPE_MAX_LENGTH",
  message: `Must be ${max} or fewer in length.`,
});
