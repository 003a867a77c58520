/** What happened on one side only: `+` on Google, `-` on the local cloud. Order within a step is not compared: units run side by side. Pure. */
export function compareTranscripts(google: readonly string[], local: readonly string[]): readonly string[] {
  const lines = (transcript: readonly string[]): readonly string[] => {
    let step = "";
    return transcript.map((line) => {
      if (line.startsWith("# ")) step = line.slice(2);
      return `${step}: ${line}`;
    });
  };
  const without = (some: readonly string[], others: readonly string[]): readonly string[] => {
    const left = [...others];
    return some.filter((line) => {
      const index = left.indexOf(line);
      if (index >= 0) left.splice(index, 1);
      return index < 0;
    });
  };
  const [there, here] = [lines(google), lines(local)];
  return [...without(there, here).map((line) => `+ ${line}`), ...without(here, there).map((line) => `- ${line}`)];
}
