/**
 * Asks the Redline in this machine or container, of whatever roles, whether it is ready; for health checks.
 * Reads the same variables as Redline does, without loading it: this runs every few seconds. A process that
 * only works is asked at HEALTH_PORT, every other one at PORT.
 *
 * usage: node bin/health.js
 */
const LIMIT_MS = 5_000;
const EVERYWHERE = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
  ["[::]", "[::1]"],
]);

/** A variable that is set to nothing is not set. @type {(name: string) => string | undefined} */
const variable = (name) => process.env[name]?.trim() || undefined;

/** @type {(host: string) => string} */
function reachable(host) {
  const address = EVERYWHERE.get(host) ?? host;
  return address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
}

/** Where it answers; undefined where it does not listen. */
function healthUrl() {
  const roles = (variable("ROLES") ?? "web").split(",").map((role) => role.trim());
  const onlyWorks = roles.every((role) => role === "worker");
  const port = onlyWorks ? variable("HEALTH_PORT") : (variable("PORT") ?? "3000");
  return port && `http://${reachable(variable("HOST") ?? "127.0.0.1")}:${port}/readyz`;
}

/** What is wrong, in words; undefined when it is ready. @returns {Promise<string | undefined>} */
async function ask() {
  const url = healthUrl();
  if (!url)
    return "HEALTH_PORT must be set where ROLES is worker alone: nothing else listens there.";
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
    if (answer.ok) return undefined;
    const { detail } = await answer.json();
    return `${url} answers ${answer.status}: ${detail}`;
  } catch (error) {
    const { message, cause } = /** @type {Error & { cause?: { message?: string } }} */ (error);
    return `${url} does not answer: ${cause?.message || message}`;
  }
}

const wrong = await ask();
if (wrong !== undefined) console.error(wrong);
process.exitCode = wrong === undefined ? 0 : 1;
