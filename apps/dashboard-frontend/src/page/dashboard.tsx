import { useEffect } from "react";
import { dayOf } from "../monitor/history.ts";
import type { Monitor } from "../monitor/monitor.ts";
import { useNow } from "../monitor/use-now.ts";
import { type View, viewOf } from "../monitor/view.ts";
import { type Locale, useLocale } from "../preferences/locale.tsx";
import type { Sentence } from "../texts/texts.ts";
import { ComponentsCard } from "./components-card.tsx";
import { DeploymentsCard } from "./deployments-card.tsx";
import { Facts } from "./facts.tsx";
import { Hero } from "./hero.tsx";
import { HistoryCard } from "./history-card.tsx";
import { IncidentsCard } from "./incidents-card.tsx";
import { LatencyCard } from "./latency-card.tsx";

/** When it is not current, how old the last report is stands in the headline or here, once. */
const updatedText = ({ ageMs, isCurrent }: View, sentence: Sentence, { texts, duration }: Locale): string[] => {
  if (ageMs === undefined || sentence.age) return [];
  if (!isCurrent) return [texts.lastKnown(duration(ageMs))];
  return [ageMs < 2_000 ? texts.updatedNow : texts.updated(duration(ageMs))];
};

const nextText = ({ probing, nextAt }: Monitor, now: number, { texts, duration }: Locale): string[] => {
  if (probing) return [texts.checking];
  return nextAt === undefined ? [] : [texts.nextIn(duration(Math.max(1_000, nextAt - now)))];
};

type DashboardProps = {
  readonly monitor: Monitor;
  /** Whether this browser keeps the history. */
  readonly isKept: boolean;
  readonly onCheck: () => void;
};

export const Dashboard = ({ monitor, isKept, onCheck }: DashboardProps) => {
  const locale = useLocale();
  const now = useNow();
  // The clock ticks once a second: what came since then is not from the future.
  const time = Math.max(now, monitor.last?.at ?? 0);
  const view = viewOf(monitor, time);
  const age = view.ageMs === undefined ? undefined : locale.duration(view.ageMs);
  const sentence = locale.texts.sentence(view.condition, age);
  const title = `${sentence.headline} · ${locale.texts.title}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <Hero
        tone={view.tone}
        isLoading={view.condition.kind === "loading"}
        sentence={sentence}
        note={[...updatedText(view, sentence, locale), ...nextText(monitor, time, locale)].join(" · ")}
        isBusy={monitor.probing}
        onCheck={onCheck}
      >
        <Facts monitor={monitor} now={time} />
      </Hero>
      <ComponentsCard monitor={monitor} isCurrent={view.isCurrent} now={time} />
      <LatencyCard samples={monitor.samples} deployments={monitor.deployments} />
      <HistoryCard history={monitor.history} today={dayOf(Date.now())} isKept={isKept} />
      <IncidentsCard incidents={monitor.incidents} />
      <DeploymentsCard deployments={monitor.deployments} current={monitor.current} isCurrent={view.isCurrent} />
    </>
  );
};
