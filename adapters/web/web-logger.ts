/** What the server needs of a logger; pino is one. */
export interface WebLogger {
  error(fields: object, message: string): void;
}
