import { useLocale } from "../preferences/locale.tsx";
import { Card, Empty } from "./card.tsx";

/** Nothing keeps a history yet: the card says so, and shows no day as good. */
export const HistoryCard = () => {
  const { texts } = useLocale();
  return (
    <Card id="history" title={texts.history}>
      <div className="no-bars" aria-hidden="true" />
      <Empty>{texts.noHistory}</Empty>
    </Card>
  );
};
