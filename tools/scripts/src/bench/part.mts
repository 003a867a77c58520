import type { Figure, Measured } from "./figures.mts";

export type Round = {
  readonly signal: AbortSignal;
  /** For whatever the round writes; removed after it. */
  readonly folder: string;
  readonly say: (line: string) => void;
};

/** Figures that are measured together. */
export type Part<Key extends string = string> = {
  readonly title: string;
  readonly figures: readonly Figure<Key>[];
  readonly measure: (round: Round) => Promise<Measured<Key>>;
  /** Programs without which it cannot be measured. */
  readonly needs?: readonly string[];
};
