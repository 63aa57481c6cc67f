/** What was asked of the fake. */

/** One request, as the fake saw it. */
export interface LoggedRequest {
  method: string;
  /** Without the base and the query. */
  path: string;
  query: Record<string, string>;
  /** The operation of the contract, `GET /repos/{owner}/{repo}`; `POST /graphql`; null for none. */
  route: string | null;
  /** 0 while it is under way, and where the connection was cut. */
  status: number;
  /** Whether it carried If-None-Match. */
  conditional: boolean;
  /** Whether it counts for the limit on made content. */
  contentCreating: boolean;
  /** Parsed JSON; undefined where there was none. */
  body: unknown;
  /** Milliseconds since the epoch. */
  at: number;
  /** Whether a scripted fault answered. */
  isFault: boolean;
}

/** Fits a logged request when everything that is given fits. */
export interface RequestFilter {
  method?: string | readonly string[];
  /** Held against the path without the base and the query. */
  path?: RegExp;
  route?: string;
  status?: number | readonly number[];
  conditional?: boolean;
  contentCreating?: boolean;
}

export function fits(request: LoggedRequest, filter: RequestFilter): boolean {
  const { method, path, route, status, conditional, contentCreating } = filter;
  const isOne = <T>(value: T, wanted: T | readonly T[] | undefined): boolean =>
    wanted === undefined || (Array.isArray(wanted) ? wanted.includes(value) : wanted === value);
  return (
    isOne(request.method, method) &&
    isOne(request.status, status) &&
    isOne<string | null>(request.route, route) &&
    isOne(request.conditional, conditional) &&
    isOne(request.contentCreating, contentCreating) &&
    (path?.test(request.path) ?? true)
  );
}
