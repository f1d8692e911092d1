import { isHttp, takesAll } from "../../model/http.js";
import type { HttpVirtualServiceSpec } from "../../resource/http/spec.js";
import { problemOf, type Router, reportInto } from "../../resource/resource.js";
import { formatResourceName, type Problem } from "../../status/problem.js";
import type { ServiceIndex } from "../service-index.js";
import { stillInForce } from "../still-in-force.js";
import { ofRpcForm } from "./of-rpc-form.js";
import { type HttpRouter, type ResolvedHttp, resolveHttp } from "./resolve.js";

/** Whether its calls are requests of HTTP: it says so, or the ports of its destinations speak nothing else. */
export function speaksHttp(router: Router, services: ServiceIndex): boolean {
  if (router.kind !== "VirtualService") return false;
  const { protocol, routes } = router.spec;
  if (protocol !== undefined) return isHttp(protocol);
  const spoken = routes.flatMap(({ destinations }) =>
    destinations.flatMap(({ host, port }) => {
      const ports = services.resolve(host, router.namespace)?.ports ?? [];
      return ports.filter(({ number }) => (port ?? number) === number).map((one) => one.protocol);
    }),
  );
  return spoken.some(isHttp) && spoken.every((one) => one === undefined || isHttp(one));
}

/** What cannot be resolved gives way to its last version that could. */
export function resolveAllHttp(
  routers: readonly (Router | HttpRouter)[],
  services: ServiceIndex,
  before: ReadonlyMap<string, ResolvedHttp>,
): { readonly resolved: readonly ResolvedHttp[]; readonly problems: readonly Problem[] } {
  const resolved: ResolvedHttp[] = [];
  const problems: Problem[] = [];
  for (const resource of routers) {
    // What has routes of connections alone is for gateways.
    if (resource.kind === "MetaRouter" || (resource.kind !== "VirtualService" && resource.spec.http.length === 0))
      continue;
    const found: Problem[] = [];
    const report = reportInto(found, resource);
    const spec = resource.kind === "VirtualService" ? ofRpcForm(resource.spec, report) : resource.spec;
    const whole = resolveHttp(resource, spec, services, report);
    const now = found.length === 0 ? whole : undefined;
    const taken = now ?? before.get(formatResourceName(resource));
    if (taken !== undefined) resolved.push(taken);
    problems.push(...(taken !== now ? found.map(stillInForce) : found), ...neverTaken(resource, spec));
  }
  return { resolved, problems };
}

/** Routes behind one that takes every request, wherever it comes. */
function neverTaken(resource: HttpRouter, { http }: HttpVirtualServiceSpec): readonly Problem[] {
  const catchAll = http.findIndex(({ match }) =>
    match.some((one) => takesAll(one) && one.port === undefined && one.gateways === undefined),
  );
  if (catchAll < 0) return [];
  return http.slice(catchAll + 1).map(({ path }) => {
    const reason = `never taken: the route ${http[catchAll]?.name} before it takes every request`;
    return problemOf(resource, path, reason, "warning");
  });
}
