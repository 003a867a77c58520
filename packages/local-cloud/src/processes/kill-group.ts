/** Signals a process with all that it has started: `pid` leads a group of its own. Nothing where that has ended. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended.
  }
}
