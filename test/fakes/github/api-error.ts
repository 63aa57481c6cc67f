/** Answers that are no success, with the bodies that GitHub gives. */
import type { Json } from "./model.ts";

const DOCS = "https://docs.github.com/rest";

export class ApiError extends Error {
  readonly status: number;
  readonly body: Json;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, extra: Json = {}, headers = {}) {
    super(message);
    this.status = status;
    this.body = { message, ...extra, documentation_url: DOCS, status: String(status) };
    this.headers = headers;
  }
}

export const notFound = (message = "Not Found"): ApiError => new ApiError(404, message);

export const badCredentials = (message = "Bad credentials"): ApiError => new ApiError(401, message);

/** The 422 of most calls: an object for each thing that is wrong. */
export const validationFailed = (resource: string, field: string, message: string): ApiError =>
  new ApiError(422, "Validation Failed", {
    errors: [{ resource, code: "custom", field, message }],
  });

/** The 422 of the review call: a sentence for each thing that is wrong. */
export const unprocessable = (...errors: string[]): ApiError =>
  new ApiError(422, "Unprocessable Entity", { errors });
