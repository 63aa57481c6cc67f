/**
 * How an interaction is answered, as `Reply` carries it. `trigger` is `<interaction id>/<token>` and takes the
 * first response; `responseUrl` is `<state>:<application id>/<token>` and takes all others for 15 minutes.
 */

/**
 * What became of the first response. `original`: “thinking …” is shown to the person alone, and the first answer
 * takes its place. `followup`: there is nothing to take the place of. `form`: perhaps none was given yet; a form
 * has to be the first, and whoever comes second hears of it (40060).
 */
export type ResponseState = "original" | "followup" | "form";

export interface InteractionTrigger {
  id: string;
  token: string;
}

export interface InteractionResponse {
  state: ResponseState;
  applicationId: string;
  token: string;
}

export function formatTrigger({ id, token }: InteractionTrigger): string {
  return `${id}/${token}`;
}

export function formatResponse({ state, applicationId, token }: InteractionResponse): string {
  return `${state}:${applicationId}/${token}`;
}

/** Null for what `formatResponse` did not make. */
export function parseResponse(responseUrl: string): InteractionResponse | null {
  const match = /^(original|followup|form):(\d+)\/(\S+)$/u.exec(responseUrl);
  if (!match) return null;
  return { state: match[1] as ResponseState, applicationId: match[2]!, token: match[3]! };
}
