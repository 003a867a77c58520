import { useEffect } from "react";
import type { ConfigProblem } from "../config/load-config.ts";
import { useLocale } from "../preferences/locale.tsx";
import { Hero } from "./hero.tsx";

const example = '{ "apiUrl": "https://api.example.com", "environment": "production" }';

type ConfigProblemProps = { readonly problem: ConfigProblem; readonly isBusy: boolean; readonly onRetry: () => void };

/** Without a configuration the page knows no API: it says so, and what to do. */
export const ConfigProblemPage = ({ problem, isBusy, onRetry }: ConfigProblemProps) => {
  const { texts } = useLocale();
  const { headline, explanation } = texts.config(problem);
  useEffect(() => {
    document.title = `${headline} · ${texts.title}`;
  }, [headline, texts]);
  return (
    <Hero tone="unknown" isLoading={false} sentence={{ headline }} note={explanation} isBusy={isBusy} onCheck={onRetry}>
      <div className="problem">
        {problem.code === "invalid" && (
          <ul>
            {problem.issues.map((issue) => (
              <li key={issue}>
                <code>{issue}</code>
              </li>
            ))}
          </ul>
        )}
        {problem.code !== "unreachable" && (
          <>
            <p>{texts.configExpected}</p>
            <pre>
              <code>{example}</code>
            </pre>
          </>
        )}
      </div>
    </Hero>
  );
};
