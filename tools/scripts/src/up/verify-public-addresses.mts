import type { Stack } from "@slipway/config";
import { DeployError, type UnitStatus } from "@slipway/deploy-sdk";
import { probeHealth } from "@slipway/health-client";
import type { CommandContext } from "../run-command.mts";

/** Asks each public address for its health, as a reader can repeat it. @throws {DeployError} `unhealthy` */
export async function verifyPublicAddresses(
  stack: Stack,
  units: readonly UnitStatus[],
  { signal, present }: CommandContext,
): Promise<void> {
  for (const unit of stack.units) {
    const url = units.find((status) => status.unit === unit.name)?.url;
    if (unit.kind !== "service" || !unit.public || !url) continue;
    const address = new URL(unit.healthDetailed, url).href;
    const probe = await probeHealth(address, { signal, timeoutMs: 5000 });
    const status = probe.kind === "report" ? probe.report.status : probe.error;
    present.line(`${status === "pass" ? "✓" : "✗"} ${unit.name}  ${status}  ${address}`);
    if (status === "pass" || status === "warn") continue;
    throw new DeployError("unhealthy", {
      subject: `service "${unit.name}"`,
      message: `its health is ${status}`,
      hint: `pnpm logs ${unit.name}`,
    });
  }
}
