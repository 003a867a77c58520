// What a task and the process that releases for its run say to each other: a line of JSON each. Pure.

export type UnitRequest = {
  readonly unit: string;
  readonly variables: Variables;
  /** Of the task's stderr. */
  readonly isTTY: boolean;
  readonly columns: number | undefined;
};

export type UnitAnswer = { readonly stdout: string } | { readonly stderr: string } | { readonly exitCode: number };

/** Of a task whose release was killed: as of one that was interrupted. */
export const killedExitCode = 130;

type Variables = Readonly<Record<string, string | undefined>>;

/** What Nx and the shell tell each task about itself, and where its commands are found. */
const ofTheTask = /^(NX_|LERNA_|FORCE_COLOR$|DEPLOY_UNITS$|NODE_CHANNEL_|PATH$|_$|OLDPWD$|PWD$|SHLVL$)/;

/** What a release may depend on of a task's environment. */
export const variablesOf = (env: Variables): Variables =>
  Object.fromEntries(
    Object.entries(env)
      .filter(([name]) => !ofTheTask.test(name))
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );

export const sameVariables = (left: Variables, right: Variables): boolean =>
  JSON.stringify(left) === JSON.stringify(right);
