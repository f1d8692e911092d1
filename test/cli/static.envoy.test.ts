import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { Provider } from "../../adapter/demo/provider.js";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import { runToEnd } from "./support/meltemi.js";
import { startProvider } from "./support/provider.js";

const log = createLogger({ level: "silent" });

/** The example with the ports of this run, whatever else it says. */
function example(providers: readonly Provider[]): object {
  let text = readFileSync("envoy-config/static/envoy.yaml", "utf8");
  const ports = { 9901: 0, 20880: 0, 20881: providers[0]?.port, 20882: providers[1]?.port };
  for (const [from, to] of Object.entries(ports)) text = text.replaceAll(`port_value: ${from}`, `port_value: ${to}`);
  return parse(text);
}

it.each(["MELTEMI_TEST_ENVOY_1_40", "MELTEMI_TEST_ENVOY_1_36"])(
  "the filter routes in a plain Envoy, on %s",
  async (variable) => {
    const providers = await Promise.all(["v1", "v2"].map((version) => startProvider(version, 0)));
    const path = process.env[variable] as string;
    const envoy = await EnvoyProcess.start({ path, bootstrap: example(providers), concurrency: 1, log });
    try {
      const admin = await envoy.ready();
      const [, address = ""] = (await (await fetch(`http://${admin}/listeners`)).text()).split("::");
      const answers = await Promise.all(
        [[], ["user=jason"], ["user=anna"]].map((attachments) =>
          runToEnd(process.execPath, ["dist/adapter/demo/call.js", address.trim(), ...attachments]),
        ),
      );
      expect(answers.map(({ stdout }) => stdout.trim().slice(-2))).toEqual(["v1", "v2", "v1"]);
      await counted(admin, /^meltemi_requests_total\{[^}]*cluster="reviews-v2"[^}]*\} 1$/m);
    } finally {
      await envoy.stop();
      await Promise.all(providers.map((provider) => provider.stop()));
    }
  },
);

/** The filter hands its counts over once a second. */
async function counted(admin: string, metric: RegExp): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`http://${admin}/stats/prometheus`)).text();
    if (metric.test(metrics)) return;
    await sleep(50);
  }
}
