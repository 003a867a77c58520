import type { ReactNode } from "react";
import type { Tone } from "../monitor/view.ts";
import { useLocale } from "../preferences/locale.tsx";
import type { Sentence } from "../texts/texts.ts";
import { Icon } from "./icon.tsx";

type HeroProps = {
  readonly tone: Tone;
  readonly isLoading: boolean;
  readonly sentence: Sentence;
  /** When it was updated and when it will be; ticks, and is not announced. */
  readonly note: string;
  readonly isBusy: boolean;
  readonly onCheck: () => void;
  readonly children?: ReactNode;
};

/** The page's one live region is the headline: it changes only with the state, what ticks stands beside it. */
export const Hero = ({ tone, isLoading, sentence, note, isBusy, onCheck, children }: HeroProps) => {
  const { texts } = useLocale();
  return (
    <section className={`card hero tone-${tone}`} aria-label={texts.currentState}>
      <div className="hero-head">
        <span className="hero-icon">
          <Icon name={isLoading ? "refresh" : tone} className={isLoading ? "spin" : ""} />
        </span>
        <div className="hero-text">
          <p className="headline">
            <span role="status">{sentence.headline}</span>
            {sentence.age && (
              <>
                {" "}
                <span>{sentence.age}</span>
              </>
            )}
          </p>
          <p className="hero-note">{note}</p>
        </div>
        <button type="button" className="button" onClick={onCheck} aria-disabled={isBusy}>
          <Icon name="refresh" className={isBusy ? "spin" : ""} />
          {texts.checkNow}
        </button>
      </div>
      {children}
    </section>
  );
};
