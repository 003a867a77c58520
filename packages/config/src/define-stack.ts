import type { z } from "zod";
import { ConfigError, type ConfigIssue } from "./config-error.ts";
import { rules } from "./rules.ts";
import { type WrittenStack, writtenStackSchema } from "./written.ts";

const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    "",
  );

/** Of a key that is none, what is asked of keys. */
const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_key" ? `its name ${issue.issues.map(({ message }) => message).join(", ")}` : issue.message;

/** Every problem of a written stack: of its shape, and, where the shape allows it, of its rules. Pure. */
export function stackIssues(written: unknown): readonly ConfigIssue[] {
  const parsed = writtenStackSchema.safeParse(written);
  const shape = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({ path: formatPath(issue.path), message: messageOf(issue) }));
  const seen = new Set(shape.map(({ path }) => path));
  return [...shape, ...rules.flatMap((rule) => tryRule(rule, written)).filter(({ path }) => !seen.has(path))];
}

/** A rule may meet a stack of the wrong shape, whose problem is already listed: then it has nothing to add. */
function tryRule(rule: (typeof rules)[number], written: unknown): readonly ConfigIssue[] {
  try {
    return rule(written as WrittenStack);
  } catch {
    return [];
  }
}

/**
 * The stack that a workspace deploys, checked as a whole.
 * @throws {ConfigError} `invalid-stack` with every problem and its path.
 */
export function defineStack<const Written extends WrittenStack>(written: Written): Written {
  const issues = stackIssues(written);
  if (issues.length > 0)
    throw new ConfigError("invalid-stack", "stack.ts", "correct the fields named above in stack.ts", issues);
  return written;
}
