// Apache Dubbo Java, one of whose providers is killed again and again: calls that were on their way to it are sent to the other one.
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { namesOf } from "./support/check-names.js";
import { DUBBO, type MeshConfig } from "./support/mesh.js";
import { javaConsumer, javaProvider } from "./support/programs.js";
import { describeConsumer, ENVOY_1_40, World } from "./support/world.js";

/** Who asks jason's version gets v2; the rest of his calls go to either, everybody else's to v1. */
const ROUTES = `
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: greeter, namespace: interop }
spec:
  hosts: [ io.meltemi.interop.api.GreeterService, io.meltemi.interop.api.PlainService ]
  protocol: dubbo
  routes:
  - name: version
    match:
    - attributes: { user: { exact: jason }, method: { exact: whoAmI } }
    route: [ { destination: { host: greeter.example, subset: v2, port: { number: 20880 } } } ]
  - name: jason
    match:
    - attributes: { user: { exact: jason } }
    timeout: 10s
    retries:
      attempts: 5
      retryOn: connect-failure,reset
      budget: { percent: 100 }
    route: [ { destination: { host: greeter.example, port: { number: 20880 } } } ]
  - name: default
    mirrors: [ { destination: { host: greeter.example, subset: v2, port: { number: 20880 } }, percentage: 20 } ]
    route: [ { destination: { host: greeter.example, subset: v1, port: { number: 20880 } } } ]
`;

const RETRIED: MeshConfig = {
  protocol: "dubbo",
  files: (ports) => ({ ...DUBBO.files(ports), "routes.yaml": ROUTES }),
};

describeConsumer("Dubbo Java, calls retried and mirrored", {
  world: () => World.behindMeltemi(javaProvider(), ENVOY_1_40, RETRIED),
  consumer: (target) => javaConsumer(target, ["unrest"]),
  names: namesOf(["unrest"]),
  steps: (world) => ({
    unrest: async () => {
      const succeeded = async () => (await world.mesh?.stat("meltemi_retries_succeeded_total")) ?? 0;
      for (let kills = 0; kills < 2 || (kills < 8 && (await succeeded()) === 0); kills++) {
        // Until calls are on their way to v2: a connection looks for another host once a second.
        await sleep(2_500);
        await world.endProvider("v2", "SIGKILL");
        await world.restartProvider("v2");
      }
    },
  }),
  afterwards: {
    "calls were sent once more, and answered then": async ({ mesh }: World) => {
      await expect.poll(() => mesh?.stat("meltemi_retries_succeeded_total"), { timeout: 5_000 }).toBeGreaterThan(0);
    },
    "copies went to v2": async ({ mesh }: World) => {
      await expect.poll(() => mesh?.stat("meltemi_calls_mirrored_total"), { timeout: 5_000 }).toBeGreaterThan(50);
    },
    "the filter has not trapped": async ({ mesh }: World) => {
      expect(await mesh?.traps()).toBe(0);
    },
  },
});
