import { describe, expect, it } from "vitest";
import { formatLogEntry, type LogEntry, parseLogLine } from "./log-entry.ts";

describe("parseLogLine", () => {
  it("takes a line that is no JSON object as text", () => {
    expect(parseLogLine("ready")).toEqual({ severity: "DEFAULT", textPayload: "ready", labels: {} });
    expect(parseLogLine("[1]")).toMatchObject({ textPayload: "[1]" });
    expect(parseLogLine("{broken}")).toMatchObject({ textPayload: "{broken}" });
  });

  it("understands the severity and keeps the message as text when there is nothing else", () => {
    expect(parseLogLine('{"severity":"error","message":"no database"}')).toEqual({
      severity: "ERROR",
      textPayload: "no database",
      labels: {},
    });
  });

  it("keeps other fields as JSON and lifts labels and trace out", () => {
    const line =
      '{"severity":"X","message":"m","user":7,"logging.googleapis.com/labels":{"a":1},"logging.googleapis.com/trace":"t"}';
    expect(parseLogLine(line)).toEqual({
      severity: "DEFAULT",
      jsonPayload: { message: "m", user: 7 },
      labels: { a: "1" },
      trace: "t",
    });
  });
});

describe("formatLogEntry", () => {
  const entry = { textPayload: undefined } as unknown as LogEntry;
  it("shows text, a message, or the JSON itself", () => {
    expect(formatLogEntry({ ...entry, textPayload: "plain" })).toBe("plain");
    expect(formatLogEntry({ ...entry, jsonPayload: { msg: "hello", a: 1 } })).toBe("hello");
    expect(formatLogEntry({ ...entry, jsonPayload: { a: 1 } })).toBe('{"a":1}');
  });
});
