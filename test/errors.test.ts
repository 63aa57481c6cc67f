import { describe, expect, it } from "vitest";

import { problem, toProblem, UserError } from "../src/errors.ts";

describe("a problem document", () => {
  it("tells a person's error word for word", () => {
    const error = new UserError("thread-closed", "This thread is closed.", { cause: "secret" });
    expect(error.status).toBe(409);
    expect(toProblem(error, "e1")).toEqual({
      type: "urn:redline:problem:thread-closed",
      title: "Thread closed",
      status: 409,
      detail: "This thread is closed.",
    });
  });

  it.each([new Error("password=hunter2"), "a string", null, undefined, { message: "secret" }])(
    "tells of anything else only that it failed, and where to look: %s",
    (error) => {
      expect(toProblem(error, "e1")).toEqual({
        type: "urn:redline:problem:internal",
        title: "Something failed",
        status: 500,
        detail: "Something failed on our side; the log has it under e1.",
        error_id: "e1",
      });
    },
  );

  it.each([
    ["unauthorized", 401],
    ["not-found", 404],
    ["too-large", 413],
    ["unknown-model", 422],
    ["not-ready", 503],
  ] as const)("of %s has the status %i", (type, status) => {
    expect(problem(type, "It is so.")).toMatchObject({ status, detail: "It is so." });
  });
});
