/** What the command line and the environment ask of a soak. Pure. */

export interface SoakOptions {
  minutes: number;
  /** Half of them in Slack, half in Discord. */
  threads: number;
  eventsPerSecond: number;
  turnsAtOnce: number;
  /** Whether a late event loop is forgiven: others use the machine. */
  isBusy: boolean;
}

const DEFAULTS: SoakOptions = {
  minutes: 30,
  threads: 500,
  eventsPerSecond: 20,
  turnsAtOnce: 10,
  isBusy: false,
};

const NUMBERS = {
  minutes: "minutes",
  threads: "threads",
  events: "eventsPerSecond",
  turns: "turnsAtOnce",
} as const;

const USAGE =
  "npm run soak -- [--minutes=30] [--threads=500] [--events=20] [--turns=10] [--busy-machine]";

/** @throws Error with a sentence for what is not understood */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): SoakOptions {
  const options = { ...DEFAULTS };
  const { SOAK_MINUTES: minutes } = environment;
  if (minutes !== undefined) options.minutes = positive("SOAK_MINUTES", minutes);
  for (const arg of args) {
    const [, name, value] = /^--([a-z]+)=(.*)$/.exec(arg) ?? [];
    if (arg === "--busy-machine") options.isBusy = true;
    else if (name !== undefined && name in NUMBERS) {
      options[NUMBERS[name as keyof typeof NUMBERS]] = positive(arg, value!);
    } else throw new Error(`${arg} is not understood: ${USAGE}`);
  }
  return options;
}

function positive(said: string, value: string): number {
  const number = Number(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new Error(`${said} must be a number above 0.`);
}
