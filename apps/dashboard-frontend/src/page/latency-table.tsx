import type { Sample } from "../monitor/monitor.ts";
import { useLocale } from "../preferences/locale.tsx";

/** Newest first. */
export const LatencyTable = ({ samples }: { samples: readonly Sample[] }) => {
  const { texts, latency, time } = useLocale();
  return (
    // A region that scrolls must be reachable by keyboard (axe: scrollable-region-focusable).
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    <div className="table-scroll" role="group" tabIndex={0} aria-label={texts.latency}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.table.time}</th>
            <th scope="col" className="number">
              {texts.table.latency}
            </th>
            <th scope="col">{texts.table.state}</th>
          </tr>
        </thead>
        <tbody>
          {samples.toReversed().map((sample) => (
            <tr key={sample.at}>
              <td>{time(sample.date)}</td>
              <td className="number">{sample.latencyMs === undefined ? "—" : latency(sample.latencyMs)}</td>
              <td>{texts.conditions[sample.condition]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
