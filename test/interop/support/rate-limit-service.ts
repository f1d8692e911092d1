import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { formatAddress } from "../../../adapter/xds/address.js";
import { freePort } from "./port.js";
import { Program } from "./program.js";
import { type Inside, RATELIMIT, redisServerIn } from "./programs.js";

const READY_LIMIT_MS = 30_000;

/** Where a service runs. */
export interface Place {
  readonly inside: Inside;
  /** What it listens at. */
  readonly listen: string;
  /** By which the tests reach it. */
  readonly ip: string;
  readonly port: number;
}

/** github.com/envoyproxy/ratelimit, with a Redis that is its own. */
export class RateLimitService {
  private constructor(
    /** Where it speaks gRPC. */
    readonly port: number,
    private readonly programs: readonly Program[],
    private readonly directory: string,
  ) {}

  /** `config`: of one domain, in its own form. Unless told it runs on this machine, at a free port of its loopback address. */
  static async start(config: string, place?: Place): Promise<RateLimitService> {
    const { inside, listen, ip, port } = place ?? {
      inside: [],
      listen: "127.0.0.1",
      ip: "127.0.0.1",
      port: await freePort(),
    };
    const directory = await mkdtemp(join(tmpdir(), "meltemi-ratelimit-"));
    await mkdir(join(directory, "limits/config"), { recursive: true });
    await writeFile(join(directory, "limits/config/config.yaml"), config);
    const redis = await redisServerIn(inside, "limits");
    const [http, debug] = [await freePort(), await freePort()];
    const [command = "", ...args] = [...inside, join(RATELIMIT, "bin", "service_cmd")];
    const program = new Program("ratelimit", command, args, {
      ...process.env,
      HOST: listen,
      PORT: String(http),
      GRPC_HOST: listen,
      GRPC_PORT: String(port),
      DEBUG_HOST: "127.0.0.1",
      DEBUG_PORT: String(debug),
      USE_STATSD: "false",
      RUNTIME_ROOT: directory,
      RUNTIME_SUBDIRECTORY: "limits",
      RUNTIME_WATCH_ROOT: "false",
      REDIS_SOCKET_TYPE: "tcp",
      REDIS_URL: `127.0.0.1:${redis.port}`,
    });
    const service = new RateLimitService(port, [program, redis.program], directory);
    await service.ready(formatAddress({ ip, port: http }));
    return service;
  }

  private async ready(http: string): Promise<void> {
    const [program] = this.programs;
    for (const until = Date.now() + READY_LIMIT_MS; ; await sleep(50)) {
      const answer = await fetch(`http://${http}/healthcheck`).catch(() => undefined);
      if (answer?.ok) return;
      if (Date.now() > until) throw new Error(`ratelimit is not ready:\n${program?.log()}`);
    }
  }

  async stop(): Promise<void> {
    for (const program of this.programs) await program.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
