import { memo, useId, useState } from "react";
import { latenciesOf, percentile } from "../monitor/latency.ts";
import type { Deployment, Sample } from "../monitor/monitor.ts";
import { useLocale } from "../preferences/locale.tsx";
import { Card } from "./card.tsx";
import { LatencyChart } from "./latency-chart.tsx";
import { LatencyTable } from "./latency-table.tsx";

type LatencyProps = { readonly samples: readonly Sample[]; readonly deployments: readonly Deployment[] };

export const LatencyCard = memo(({ samples, deployments }: LatencyProps) => {
  const { texts, latency } = useLocale();
  const [asTable, setAsTable] = useState(false);
  const bodyId = useId();
  const values = latenciesOf(samples);
  const shown = ([50, 95, 99] as const).map((rank) => {
    const value = percentile(values, rank);
    return [`p${rank}`, value === undefined ? "—" : latency(value)] as const;
  });
  const toggle = (
    <button
      type="button"
      className="button quiet"
      aria-pressed={asTable}
      aria-controls={bodyId}
      onClick={() => setAsTable(!asTable)}
    >
      {texts.asTable}
    </button>
  );
  return (
    <Card id="latency" title={texts.latency} aside={toggle}>
      <dl className="percentiles">
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div id={bodyId} className="latency-body">
        {asTable ? <LatencyTable samples={samples} /> : <LatencyChart samples={samples} deployments={deployments} />}
      </div>
      <p className="card-foot">{texts.latencyNote}</p>
    </Card>
  );
});
