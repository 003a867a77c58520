// Which tunnels the cloud takes: those of gRPC clients to the APIs whose protos it has. All others are refused.
import type { Duplex } from "node:stream";
import { apiOf } from "../server/router.ts";
import type { CloudService } from "../server/types.ts";
import { ensureCertificate } from "./certificate.ts";
import type { GrpcServer } from "./grpc-server.ts";

export type Tunnels = {
  /** `authority` as a client asks for it: `asia-southeast1-run.googleapis.com:443`. */
  readonly serves: (authority: string) => boolean;
  readonly accept: (socket: Duplex) => Promise<void>;
  /** Ends the connections when their calls have. */
  readonly close: () => void;
};

export type TunnelsOptions = {
  readonly dataDir: string;
  readonly services: readonly CloudService[];
  /** Of the cloud's own HTTP. */
  readonly url: () => string;
  readonly log: (line: string) => void;
};

export const createTunnels = ({ dataDir, services, url, log }: TunnelsOptions): Tunnels => {
  let starting: Promise<GrpcServer> | undefined;
  let started: GrpcServer | undefined;
  const start = async (): Promise<GrpcServer> => {
    const certificate = await ensureCertificate(dataDir);
    const { createGrpcServer } = await import("./grpc-server.ts");
    started = createGrpcServer({ certificate, services, url: url(), log });
    return started;
  };
  return {
    serves: (authority) => {
      const [host = "", port] = authority.toLowerCase().split(":");
      return port === "443" && services.some(({ api, protos }) => protos !== undefined && api === apiOf(host));
    },
    accept: async (socket) => {
      starting ??= start().catch((error: unknown) => {
        starting = undefined; // a full disk, say: the next tunnel tries again
        throw error;
      });
      (await starting).accept(socket);
    },
    close: () => started?.close(),
  };
};
