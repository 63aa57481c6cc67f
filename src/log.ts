/** The part of pino's logger that Redline uses; fields first, then the message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For commands that say what there is to say by themselves. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
