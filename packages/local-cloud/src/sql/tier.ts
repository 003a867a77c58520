// Pure. Machine types: https://cloud.google.com/sql/docs/postgres/create-instance#machine-types
import { invalidRequest } from "./sql-error.ts";

type Edition = "ENTERPRISE" | "ENTERPRISE_PLUS";

/** "If no edition is given": Enterprise up to PostgreSQL 15, Enterprise Plus from 16 on. https://cloud.google.com/sql/docs/postgres/editions-intro */
export const defaultEdition = (major: number): Edition => (major >= 16 ? "ENTERPRISE_PLUS" : "ENTERPRISE");

const enterprisePlus = /^db-(?:perf-optimized-N|c4a-highmem)-\d+(?:-lssd)?$/;
const shared = ["db-f1-micro", "db-g1-small"];
const custom = /^db-custom-(\d{1,3})-(\d{1,7})$/;

/** @throws {GoogleError} 400 for a tier that the edition does not have. */
export function checkTier(tier: unknown, edition: unknown): { readonly tier: string; readonly edition: Edition } {
  if (edition !== "ENTERPRISE" && edition !== "ENTERPRISE_PLUS") throw invalidRequest("unknown edition");
  if (typeof tier !== "string" || tier === "") throw invalidRequest("settings.tier is required");
  if (edition === "ENTERPRISE_PLUS" && !enterprisePlus.test(tier))
    throw wrongEdition(tier, edition, "db-perf-optimized-N-*");
  if (edition === "ENTERPRISE" && !shared.includes(tier)) checkCustom(tier, edition);
  return { tier, edition };
}

const wrongEdition = (tier: string, edition: Edition, instead: string) =>
  invalidRequest(`Invalid Tier (${tier.slice(0, 60)}) for (${edition}) Edition. Use a Tier like ${instead} instead.`);

/** One vCPU or an even number up to 96; memory in steps of 256 MiB, at least 3.75 GiB, 0.9 to 6.5 GiB a vCPU. */
function checkCustom(tier: string, edition: Edition): void {
  const match = custom.exec(tier);
  if (!match) throw wrongEdition(tier, edition, "db-custom-2-7680");
  const [cpus, memoryMb] = [Number(match[1]), Number(match[2])];
  if (cpus < 1 || cpus > 96 || (cpus > 1 && cpus % 2 === 1)) {
    throw invalidRequest(`Invalid Tier (${tier}): the number of vCPUs must be 1 or even, at most 96.`);
  }
  if (memoryMb % 256 !== 0) throw invalidRequest(`Invalid Tier (${tier}): memory must be a multiple of 256 MiB.`);
  if (memoryMb < 3840 || memoryMb < 0.9 * 1024 * cpus || memoryMb > 6.5 * 1024 * cpus) {
    throw invalidRequest(`Invalid Tier (${tier}): memory must be 3840 MiB or more, and 0.9 to 6.5 GiB a vCPU.`);
  }
}
