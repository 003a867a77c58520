import { createContext, type ReactNode, use, useMemo } from "react";
import { componentLabel, createFormats, type Formats, formatDuration, formatMinutes } from "../texts/format.ts";
import { type Language, type Texts, textsOf } from "../texts/texts.ts";

export type Locale = Omit<Formats, "time"> & {
  readonly texts: Texts;
  readonly duration: (ms: number) => string;
  readonly minutes: (count: number) => string;
  readonly time: (date: number) => string;
  readonly componentName: (name: string) => string;
};

export const createLocale = (language: Language): Locale => {
  const texts = textsOf(language);
  const formats = createFormats(language, texts.units);
  return {
    ...formats,
    texts,
    duration: (ms) => formatDuration(ms, texts.units),
    minutes: (count) => formatMinutes(count, texts.units),
    time: (date) => formats.time(date, Date.now()),
    componentName: (name) => componentLabel(texts.componentNames, name),
  };
};

const LocaleContext = createContext(createLocale("en"));

export const LocaleProvider = ({ language, children }: { language: Language; children: ReactNode }) => (
  <LocaleContext value={useMemo(() => createLocale(language), [language])}>{children}</LocaleContext>
);

export const useLocale = (): Locale => use(LocaleContext);
