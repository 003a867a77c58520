import { createContext, type ReactNode, use, useMemo } from "react";
import { componentLabel, formatClock, formatDuration, formatLatency, formatTime } from "../texts/format.ts";
import { type Language, type Texts, textsOf } from "../texts/texts.ts";

export type Locale = {
  readonly texts: Texts;
  readonly duration: (ms: number) => string;
  readonly latency: (ms: number) => string;
  readonly time: (date: number) => string;
  readonly clock: (date: number) => string;
  readonly componentName: (name: string) => string;
};

export const createLocale = (language: Language): Locale => {
  const texts = textsOf(language);
  return {
    texts,
    duration: (ms) => formatDuration(ms, texts.units),
    latency: (ms) => formatLatency(ms, texts.units, language),
    time: (date) => formatTime(date, language, Date.now()),
    clock: (date) => formatClock(date, language),
    componentName: (name) => componentLabel(texts.componentNames, name),
  };
};

const LocaleContext = createContext(createLocale("en"));

export const LocaleProvider = ({ language, children }: { language: Language; children: ReactNode }) => (
  <LocaleContext value={useMemo(() => createLocale(language), [language])}>{children}</LocaleContext>
);

export const useLocale = (): Locale => use(LocaleContext);
