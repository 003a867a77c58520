import { useEffect, useState } from "react";

const tickMs = 1_000;

/** The monotonic clock, renewed every second, in a hidden tab too (the browser slows it down there): stale must show. */
export const useNow = (): number => {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return now;
};
