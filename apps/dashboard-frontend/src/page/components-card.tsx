import type { HealthCheck, Status } from "@slipway/health-client/browser";
import type { Monitor } from "../monitor/monitor.ts";
import type { Tone } from "../monitor/view.ts";
import { useLocale } from "../preferences/locale.tsx";
import { Card, Empty } from "./card.tsx";
import { Chip } from "./chip.tsx";

const tones: Readonly<Record<Status, Tone>> = { pass: "ok", warn: "warn", fail: "down", unknown: "unknown" };

/** A part that may fail is degraded, not down: the service lives without it. */
const shownStatus = ({ status, critical }: HealthCheck): Status =>
  status === "fail" && critical === false ? "warn" : status;

const Component = ({ check }: { check: HealthCheck }) => {
  const { texts, latency, componentName } = useLocale();
  const status = shownStatus(check);
  return (
    <li className="row">
      <span className="row-name">
        {componentName(check.name)} {check.critical === false && <span className="row-note">{texts.optional}</span>}
      </span>
      <Chip tone={tones[status]}>{texts.chips[status]}</Chip>
      <span className="row-value">{check.latencyMs === undefined ? "" : latency(check.latencyMs)}</span>
      {check.message && status !== "pass" && <span className="row-message">{check.message}</span>}
    </li>
  );
};

type ComponentsProps = { readonly monitor: Monitor; readonly isCurrent: boolean; readonly now: number };

/** The last known components stay when there is no fresh answer, and say that they are old. */
export const ComponentsCard = ({ monitor, isCurrent, now }: ComponentsProps) => {
  const { texts, duration } = useLocale();
  const { checks, last } = monitor;
  const isOld = checks !== undefined && !(isCurrent && checks.at === last?.at);
  const aside = isOld && <span className="card-note">{texts.lastKnown(duration(now - checks.at))}</span>;
  return (
    <Card id="components" title={texts.components} aside={aside}>
      {checks === undefined && last === undefined && <div className="skeleton" aria-hidden="true" />}
      {checks ? (
        <ul className={isOld ? "rows old" : "rows"}>
          {checks.list.map((check) => (
            <Component key={check.name} check={check} />
          ))}
        </ul>
      ) : (
        last && <Empty>{monitor.answer ? texts.noComponents : texts.chips.unknown}</Empty>
      )}
    </Card>
  );
};
