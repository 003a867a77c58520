import { memo } from "react";
import type { Deployment } from "../monitor/monitor.ts";
import { useLocale } from "../preferences/locale.tsx";
import { Card, Empty } from "./card.tsx";

type DeploymentsProps = {
  readonly deployments: readonly Deployment[];
  readonly current: string | undefined;
  /** Whether the latest probe confirmed it. */
  readonly isCurrent: boolean;
};

/** The revisions that answered this browser. */
export const DeploymentsCard = memo(({ deployments, current, isCurrent }: DeploymentsProps) => {
  const { texts, time } = useLocale();
  return (
    <Card id="deployments" title={texts.deployments}>
      {deployments.length === 0 ? (
        <Empty>{texts.noDeployments}</Empty>
      ) : (
        <ul className={isCurrent ? "rows" : "rows old"}>
          {deployments.map(({ id, version, commit, firstSeenDate }) => (
            <li className="row" key={id}>
              <span className="row-name">
                {id}
                <span className="row-message">
                  {[version, commit?.slice(0, 8), texts.firstSeen(time(firstSeenDate))].filter(Boolean).join(" · ")}
                </span>
              </span>
              <span className={id === current ? "chip tone-link" : "chip tone-unknown"}>
                {texts.deploymentStates[id === current ? "current" : "earlier"]}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
});
