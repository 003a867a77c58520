import { createContext, type ReactNode, use, useMemo } from "react";
import { componentLabel, createFormats, formatDuration } from "../texts/format.ts";
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
  const formats = createFormats(language, texts.units);
  return {
    texts,
    duration: (ms) => formatDuration(ms, texts.units),
    latency: formats.latency,
    time: (date) => formats.time(date, Date.now()),
    clock: formats.clock,
    componentName: (name) => componentLabel(texts.componentNames, name),
  };
};

const LocaleContext = createContext(createLocale("en"));

export const LocaleProvider = ({ language, children }: { language: Language; children: ReactNode }) => (
  <LocaleContext value={useMemo(() => createLocale(language), [language])}>{children}</LocaleContext>
);

export const useLocale = (): Locale => use(LocaleContext);
