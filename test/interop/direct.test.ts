// Without Meltemi: what fails here is not the filter's doing.
import { GO_CHECKS, type JavaGroup, namesOf } from "./support/check-names.js";
import { goConsumer, goProvider, javaConsumer, javaProvider } from "./support/programs.js";
import { describeConsumer, World } from "./support/world.js";

const GROUPS: readonly JavaGroup[] = ["call", "types", "errors", "size", "services", "concurrency", "heartbeat"];
const PEER_GROUPS: readonly JavaGroup[] = ["peer", "heartbeat"];

describeConsumer("Dubbo Java to Dubbo Java", {
  world: () => World.direct(javaProvider()),
  consumer: (target) => javaConsumer(target, GROUPS),
  names: namesOf(GROUPS),
});

describeConsumer("dubbo-go to Dubbo Java", {
  world: () => World.direct(javaProvider()),
  consumer: goConsumer,
  names: GO_CHECKS,
});

describeConsumer("Dubbo Java to dubbo-go", {
  world: () => World.direct(goProvider),
  consumer: (target) => javaConsumer(target, PEER_GROUPS),
  names: namesOf(PEER_GROUPS),
});
