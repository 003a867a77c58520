import { memo, useMemo, useState } from "react";
import { type DaySummary, daysKept, type History, lastDays, uptimeOf } from "../monitor/history.ts";
import { useLocale } from "../preferences/locale.tsx";
import { Card, Empty } from "./card.tsx";
import { DayBars } from "./day-bars.tsx";
import { Icon } from "./icon.tsx";
import { useIsNarrow } from "./use-is-narrow.ts";

const narrowDays = 30;

const useDayTexts = () => {
  const { texts, day, percent, minutes } = useLocale();
  const span = (count: number) => (count > 0 ? minutes(count) : undefined);
  return {
    nameOf: (summary: DaySummary) => {
      const uptime = uptimeOf([summary]);
      return texts.dayUptime(day(summary.day), uptime === undefined ? undefined : percent(uptime));
    },
    seenOf: ({ seenMinutes, unavailableMinutes, degradedMinutes }: DaySummary) =>
      seenMinutes > 0 && texts.daySeen(minutes(seenMinutes), span(unavailableMinutes), span(degradedMinutes)),
  };
};

type StepProps = { readonly to: "earlier" | "later"; readonly isEnd: boolean; readonly onStep: () => void };

/** For fingers: a bar is narrower than one. */
const Step = ({ to, isEnd, onStep }: StepProps) => {
  const { texts } = useLocale();
  return (
    <button
      type="button"
      className="button quiet"
      aria-label={to === "earlier" ? texts.earlierDay : texts.laterDay}
      aria-disabled={isEnd}
      onClick={isEnd ? undefined : onStep}
    >
      <Icon name={to} />
    </button>
  );
};

type HistoryProps = {
  readonly history: History;
  readonly today: string;
  /** Whether this browser keeps it. */
  readonly isKept: boolean;
};

export const HistoryCard = memo(({ history, today, isKept }: HistoryProps) => {
  const { texts, percent } = useLocale();
  const { nameOf, seenOf } = useDayTexts();
  const count = useIsNarrow() ? narrowDays : daysKept;
  const days = useMemo(() => lastDays(history, today, count), [history, today, count]);
  const [chosen, setChosen] = useState<string>();
  const found = days.findIndex(({ day }) => day === chosen);
  const selected = found < 0 ? days.length - 1 : found;
  const select = (index: number) => setChosen(days[index]?.day);
  const shown = days[selected];
  const uptime = uptimeOf(days);
  const aside = uptime !== undefined && <span className="card-note">{texts.uptime(percent(uptime))}</span>;
  return (
    <Card id="history" title={texts.history(count)} aside={aside}>
      <DayBars label={texts.history(count)} days={days} nameOf={nameOf} selected={selected} onSelect={select} />
      <div className="day-text">
        <Step to="earlier" isEnd={selected === 0} onStep={() => select(selected - 1)} />
        <p>
          <strong>{shown && nameOf(shown)}</strong> <span>{shown && seenOf(shown)}</span>
        </p>
        <Step to="later" isEnd={selected === days.length - 1} onStep={() => select(selected + 1)} />
      </div>
      <Empty>
        {uptime === undefined ? texts.noHistory : texts.historyNote} {!isKept && texts.historyNotKept}
      </Empty>
    </Card>
  );
});
