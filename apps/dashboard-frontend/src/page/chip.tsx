import type { ReactNode } from "react";
import type { Tone } from "../monitor/view.ts";
import { Icon } from "./icon.tsx";

export const Chip = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={`chip tone-${tone}`}>
    <Icon name={tone} />
    {children}
  </span>
);
