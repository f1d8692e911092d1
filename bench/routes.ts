/** One rule of the table that all proxies are given: calls whose attachment `user` is this go to that cluster. */
export interface UserRoute {
  readonly user: string;
  readonly cluster: string;
}

export const SERVICE = "org.apache.dubbo.demo.DemoService";
export const METHOD = "sayHello";

/** The clusters, and the servers behind them, bear the same names. */
export const DEFAULT_CLUSTER = "v1";
export const CANARY_CLUSTER = "v2";
export const CANARY_USER = "jason";
/** A user that no rule names; as long as the other, so that all calls of a case are of one length. */
export const ORDINARY_USER = "alice";

/**
 * A table of `count` routes, the default included. The canary's stands last before it: who looks at one route after the
 * other pays for all of them.
 */
export function userRoutes(count: number): UserRoute[] {
  const others = Array.from({ length: count - 2 }, (_, i) => ({ user: `user-${i}`, cluster: DEFAULT_CLUSTER }));
  return [...others, { user: CANARY_USER, cluster: CANARY_CLUSTER }];
}
