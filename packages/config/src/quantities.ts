// Quantities as a person writes them, once their form has been checked. Pure.

/** `30s`, `5m` */
export const seconds = (duration: string): number => Number.parseInt(duration, 10) * (duration.endsWith("m") ? 60 : 1);

/** `512Mi`, `2Gi` */
export const mebibytes = (size: string): number => Number.parseInt(size, 10) * (size.endsWith("Gi") ? 1024 : 1);

/** The shorter of `2048Mi` and `2Gi`. */
export const formatMebibytes = (size: number): string => (size % 1024 === 0 ? `${size / 1024}Gi` : `${size}Mi`);
