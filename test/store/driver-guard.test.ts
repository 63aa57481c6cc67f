import { expect, it } from "vitest";

import { isWriteAfterClose } from "../../src/store/driver-guard.ts";

const errorAt = (message: string, place: string): Error => {
  const error = new TypeError(message);
  error.stack = `TypeError: ${message}\n    at Immediate.nextWrite (${place}:255:22)\n    at x`;
  return error;
};
const MESSAGE = "Cannot read properties of null (reading 'write')";

it("knows the driver's write to a closed socket, and nothing else", () => {
  const driver = "file:///app/node_modules/postgres/src/connection.js";
  expect(isWriteAfterClose(errorAt(MESSAGE, driver))).toBe(true);
  expect(isWriteAfterClose(errorAt(MESSAGE, "file:///app/src/other.js"))).toBe(false);
  expect(isWriteAfterClose(errorAt("another message", driver))).toBe(false);
  expect(isWriteAfterClose(new Error(MESSAGE))).toBe(false);
});
