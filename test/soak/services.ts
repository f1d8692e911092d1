import type { CalledService, ClientGroup } from "./peers.js";

/** The service that must never fail, its versions, and the users among whom the routes tell. */
export const HEALTHY = { service: "soak.Healthy", host: "healthy.soak" } as const;
export const VERSIONS = ["v1", "v2", "v3"] as const;
export type Version = (typeof VERSIONS)[number];
export const USERS = Array.from({ length: 12 }, (_, i) => `user-${i}`);

/** Upstreams with something wrong: behaviour (test/soak/peers/server.go), and whether it may cost a client its connection. */
export const FAULTY = [
  { behaviour: "slow", mayFail: false, mayClose: false },
  { behaviour: "trickle", mayFail: false, mayClose: false },
  { behaviour: "reset", mayFail: true, mayClose: false },
  { behaviour: "leave", mayFail: true, mayClose: false },
  { behaviour: "idle", mayFail: true, mayClose: false },
  { behaviour: "stuck", mayFail: true, mayClose: false },
  { behaviour: "cut", mayFail: true, mayClose: true },
  { behaviour: "garbage", mayFail: true, mayClose: true },
] as const;

export function faultyService(behaviour: string): { readonly service: string; readonly host: string } {
  return { service: `soak.${behaviour}`, host: `${behaviour}.soak` };
}

/** Services whose calls can reach nobody. `dead`: nobody listens; `empty`: no endpoints. */
export const NOWHERE = ["dead", "empty"] as const;

const SMALL = [0, 10, 200, 3000];
const healthy: CalledService = {
  name: HEALTHY.service,
  cluster: HEALTHY.host,
  users: USERS,
  answers: SMALL,
  arguments: [0, 30, 500, 20_000],
};

function nowhere(name: string): CalledService {
  const { service, host } = faultyService(name);
  return { name: service, cluster: host, users: ["any"], answers: [10], arguments: [10], must_fail: true };
}

/** Who calls. `size`: one for a machine of two processors. */
export function clientGroups(size: number): ClientGroup[] {
  const many = (count: number) => Math.max(1, Math.round(count * size));
  const good: ClientGroup[] = [
    { kind: "healthy", count: many(24), in_flight: 8, think_ms: 4, services: [healthy] },
    {
      kind: "healthy, megabytes",
      count: many(2),
      in_flight: 2,
      think_ms: 300,
      services: [{ ...healthy, answers: [10, 1 << 20, 3 << 20], arguments: [10, 1 << 20] }],
    },
    { kind: "healthy, comes and goes", count: many(4), in_flight: 1, think_ms: 50, services: [healthy] },
    { kind: "nowhere", count: many(2), in_flight: 4, think_ms: 50, services: [healthy, ...NOWHERE.map(nowhere)] },
  ];
  const faulty = FAULTY.map(({ behaviour, mayFail, mayClose }): ClientGroup => {
    const { service, host } = faultyService(behaviour);
    const called: CalledService = {
      ...{ name: service, cluster: host, users: ["any"], answers: SMALL, arguments: [10, 2000] },
      ...{ may_fail: mayFail, may_close: mayClose },
    };
    // A healthy call beside a faulty one must not feel it, unless the connection goes with it.
    return {
      kind: `calls ${behaviour}`,
      count: many(3),
      in_flight: 6,
      think_ms: 30,
      services: mayClose ? [called] : [called, healthy],
    };
  });
  const hostile = (
    [
      ["never reads", 2, 500],
      ["no route, no read", 1, 500],
      ["leaves", 3, 50],
      ["garbage", 1, 200],
      ["garbage after", 1, 200],
      ["too long", 1, 300],
      ["longest", 1, 2000],
      ["slow", 2, 200],
      ["comes and goes", 2, 30],
      ["many at once", 1, 500],
    ] as const
  ).map(([kind, count, think_ms]): ClientGroup => ({ kind, count: many(count), think_ms, services: [healthy] }));
  return [...good, ...faulty, ...hostile];
}
