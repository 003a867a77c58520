import { memo } from "react";
import type { Incident } from "../monitor/monitor.ts";
import type { Tone } from "../monitor/view.ts";
import { useLocale } from "../preferences/locale.tsx";
import { Card, Empty } from "./card.tsx";
import { Icon } from "./icon.tsx";

const toneOf = ({ condition }: Incident): Tone => {
  if (condition.kind === "degraded") return "warn";
  return condition.kind === "down" ? "down" : "unknown";
};

const IncidentRow = ({ incident }: { incident: Incident }) => {
  const { texts, time, duration } = useLocale();
  const { startedAt, startedDate, endedAt, endedDate } = incident;
  const when = endedDate === undefined ? texts.since(time(startedDate)) : `${time(startedDate)} – ${time(endedDate)}`;
  return (
    <li className="row">
      <span className={`row-icon tone-${toneOf(incident)}`}>
        <Icon name={toneOf(incident)} />
      </span>
      <span className="row-name">
        {texts.incident(incident.condition)}
        <span className="row-message">{when}</span>
      </span>
      <span className="row-value">{endedAt === undefined ? texts.ongoing : duration(endedAt - startedAt)}</span>
    </li>
  );
};

/** From the transitions that this browser has seen. */
export const IncidentsCard = memo(({ incidents }: { incidents: readonly Incident[] }) => {
  const { texts } = useLocale();
  return (
    <Card id="incidents" title={texts.incidents}>
      {incidents.length === 0 ? (
        <Empty>{texts.noIncidents}</Empty>
      ) : (
        <ul className="rows">
          {incidents.map((incident) => (
            <IncidentRow key={incident.startedDate} incident={incident} />
          ))}
        </ul>
      )}
    </Card>
  );
});
