import type { KeyboardEvent } from "react";
import type { DaySummary } from "../monitor/history.ts";

type BarsProps = {
  readonly label: string;
  readonly days: readonly DaySummary[];
  readonly nameOf: (day: DaySummary) => string;
  readonly selected: number;
  readonly onSelect: (index: number) => void;
};

const targets: Readonly<Record<string, (selected: number, last: number) => number>> = {
  ArrowLeft: (selected) => Math.max(0, selected - 1),
  ArrowRight: (selected, last) => Math.min(last, selected + 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** One stop of the Tab key; arrows, Home and End go from day to day, and what has the focus is selected. */
export const DayBars = ({ label, days, nameOf, selected, onSelect }: BarsProps) => {
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const target = Object.hasOwn(targets, event.key) ? targets[event.key] : undefined;
    if (!target || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const bar = event.currentTarget.children[target(selected, days.length - 1)];
    if (bar instanceof HTMLElement) bar.focus();
  };
  return (
    <div className="days" role="listbox" aria-label={label} aria-orientation="horizontal" onKeyDown={onKeyDown}>
      {days.map((day, index) => (
        <div
          key={day.day}
          className={`day tone-${day.tone}`}
          role="option"
          aria-label={nameOf(day)}
          title={nameOf(day)}
          aria-selected={index === selected}
          tabIndex={index === selected ? 0 : -1}
          onFocus={() => onSelect(index)}
        />
      ))}
    </div>
  );
};
