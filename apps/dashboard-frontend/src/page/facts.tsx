import type { HealthReport } from "@slipway/health-client/browser";
import type { ReactNode } from "react";
import { latenciesOf, percentile } from "../monitor/latency.ts";
import type { Monitor } from "../monitor/monitor.ts";
import { useLocale } from "../preferences/locale.tsx";

const Fact = ({ term, title, children }: { term: string; title?: string | undefined; children: ReactNode }) => (
  <div className="fact">
    <dt>{term}</dt>
    <dd title={title}>{children}</dd>
  </div>
);

const shortCommit = (commit: string) => (/^[0-9a-f]{12,}$/.test(commit) ? commit.slice(0, 8) : commit);

/** Its place is kept until the first report: then it has what the report tells, or is gone. */
const releaseOf = (report: HealthReport | undefined) => {
  if (!report) return ["version", "—"] as const;
  if (report.version !== undefined) return ["version", report.version] as const;
  return report.release === undefined ? undefined : (["release", report.release] as const);
};

/** What is deployed and how it does, in one row under the hero. */
export const Facts = ({ monitor, now }: { monitor: Monitor; now: number }) => {
  const { texts, latency, duration } = useLocale();
  const report = monitor.answer?.report;
  const release = releaseOf(report);
  const p95 = percentile(latenciesOf(monitor.samples), 95);
  const [incident] = monitor.incidents;
  const lastIncident = () => {
    if (!incident) return texts.noIncident;
    return incident.endedAt === undefined ? texts.ongoing : texts.ago(duration(now - incident.endedAt));
  };
  return (
    <dl className="facts">
      <Fact term={texts.facts.revision} title={report?.revision}>
        {report?.revision ?? "—"}
      </Fact>
      {release && (
        <Fact term={texts.facts[release[0]]} title={release[1]}>
          {release[1]}
        </Fact>
      )}
      <Fact term={texts.facts.commit} title={report?.commit}>
        {report?.commit ? shortCommit(report.commit) : "—"}
      </Fact>
      <Fact term={texts.facts.p95}>{p95 === undefined ? "—" : latency(p95)}</Fact>
      <Fact term={texts.facts.incident}>{lastIncident()}</Fact>
    </dl>
  );
};
