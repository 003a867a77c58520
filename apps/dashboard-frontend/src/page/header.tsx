import { useLocale } from "../preferences/locale.tsx";
import { isTheme, type Preferences, type Theme } from "../preferences/preferences.ts";
import { isLanguage } from "../texts/texts.ts";

type HeaderProps = {
  /** Absent until the configuration is loaded. */
  readonly environment: string | undefined;
  readonly preferences: Preferences;
  readonly onChoose: (choice: Partial<Preferences>) => void;
};

type SelectProps = {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string, lang?: string])[];
  readonly onChange: (value: string) => void;
};

const Select = ({ label, value, options, onChange }: SelectProps) => (
  <label className="select">
    <span className="visually-hidden">{label}</span>
    <select value={value} onChange={(event) => onChange(event.target.value)}>
      {options.map(([option, text, lang]) => (
        <option key={option} value={option} lang={lang}>
          {text}
        </option>
      ))}
    </select>
  </label>
);

const languages = [
  ["en", "English", "en"],
  ["ru", "Русский", "ru"],
] as const;
const themes: readonly Theme[] = ["auto", "light", "dark"];

export const Header = ({ environment, preferences, onChoose }: HeaderProps) => {
  const { texts } = useLocale();
  return (
    <header className="header">
      <a className="skip" href="#main">
        {texts.skip}
      </a>
      <h1>{texts.title}</h1>
      {environment !== undefined && (
        <p className="environment">
          <span className="visually-hidden">{texts.environment}: </span>
          {environment}
        </p>
      )}
      <div className="controls">
        <Select
          label={texts.language}
          value={preferences.language}
          options={languages}
          onChange={(language) => isLanguage(language) && onChoose({ language })}
        />
        <Select
          label={texts.theme}
          value={preferences.theme}
          options={themes.map((theme) => [theme, texts.themes[theme]] as const)}
          onChange={(theme) => isTheme(theme) && onChoose({ theme })}
        />
      </div>
    </header>
  );
};
