/**
 * Whether an answer may be sent to an address that came with what somebody did. Slack signs what it comes in;
 * this is for the day on which something else gets in there.
 * Source: docs.slack.dev, "Handling user interaction" (`https://hooks.slack.com/…`), and for GovSlack
 * `https://hooks.slack-gov.com/…`.
 */
const HOSTS: ReadonlySet<string> = new Set(["hooks.slack.com", "hooks.slack-gov.com"]);

/** @param apiUrl where Slack's own API is: a stand-in answers there itself. Pure. */
export function isAnswerAddress(address: string, apiUrl: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host, origin, username, password } = new URL(address);
  if (username !== "" || password !== "") return false;
  return (protocol === "https:" && HOSTS.has(host)) || origin === new URL(apiUrl).origin;
}
