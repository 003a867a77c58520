/** Shapes differ as well as colours: a check, a bang, a cross, a question mark. Decorative: the words stand beside them. */
const paths = {
  ok: "M5 10.5l3.2 3.2L15 7",
  warn: "M10 5.5v5.5M10 14.2v.3",
  down: "M6.2 6.2l7.6 7.6M13.8 6.2l-7.6 7.6",
  unknown: "M7.4 7.6a2.6 2.6 0 1 1 3.9 2.3c-.9.5-1.3 1-1.3 1.9M10 14.4v.2",
  earlier: "M12 5l-5 5 5 5",
  later: "M8 5l5 5-5 5",
  refresh: "M15.5 10a5.5 5.5 0 1 1-1.6-3.9M14.4 3.2v3.2h-3.2",
} as const;

export type IconName = keyof typeof paths;

export const Icon = ({ name, className = "" }: { name: IconName; className?: string }) => (
  <svg className={`icon ${className}`} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
);
