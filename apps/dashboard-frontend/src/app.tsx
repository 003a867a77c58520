import { useConfig } from "./config/use-config.ts";
import { useMonitor } from "./monitor/use-monitor.ts";
import { ConfigProblemPage } from "./page/config-problem.tsx";
import { Dashboard } from "./page/dashboard.tsx";
import { Header } from "./page/header.tsx";
import { Shortcuts } from "./page/shortcuts.tsx";
import { LocaleProvider, useLocale } from "./preferences/locale.tsx";
import type { Preferences } from "./preferences/preferences.ts";
import { usePreferences } from "./preferences/use-preferences.ts";

type PageProps = {
  readonly preferences: Preferences;
  readonly onChoose: (choice: Partial<Preferences>) => void;
};

const Page = ({ preferences, onChoose }: PageProps) => {
  const { texts } = useLocale();
  const { result, isLoading, reload } = useConfig();
  const config = result?.kind === "config" ? result.config : undefined;
  const { monitor, isKept, checkNow } = useMonitor(config?.apiUrl);
  const onCheck = config ? checkNow : reload;
  return (
    <div className="page">
      <Header environment={config?.environment} preferences={preferences} onChoose={onChoose} />
      <main id="main" className="main" tabIndex={-1}>
        {result?.kind === "problem" ? (
          <ConfigProblemPage problem={result.problem} isBusy={isLoading} onRetry={onCheck} />
        ) : (
          <Dashboard monitor={monitor} isKept={isKept} onCheck={onCheck} />
        )}
      </main>
      <footer className="footer">
        <p>{texts.about}</p>
        <Shortcuts preferences={preferences} onChoose={onChoose} onCheck={onCheck} />
      </footer>
    </div>
  );
};

export const App = () => {
  const { preferences, choose } = usePreferences();
  return (
    <LocaleProvider language={preferences.language}>
      <Page preferences={preferences} onChoose={choose} />
    </LocaleProvider>
  );
};
