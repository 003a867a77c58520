// Which APIs the cloud serves, and what each is handed of the others. Where two share a path, the first is asked first.
import type { CloudContext, CloudService } from "./server/types.ts";

export const createServices = (_context: CloudContext): readonly CloudService[] => [];
