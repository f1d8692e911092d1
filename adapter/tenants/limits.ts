/** What one namespace may ask of the control plane, so that there is room for the others. */
export interface TenantLimits {
  /** Resources, without the Pods and EndpointSlices that Kubernetes makes of them. */
  readonly resources: number;
  /** Different ports of services, gateways and listeners. A listener is made for each. */
  readonly ports: number;
  /** Names of services and of what is routed: virtual hosts. */
  readonly hosts: number;
  readonly routes: number;
  /** Streams of its Envoys. */
  readonly streams: number;
  /** Changes in a second, in the long run. */
  readonly changes: number;
}

/**
 * 5,000 services with a ServiceEntry, a DestinationRule and a VirtualService each. The streams are those that one peer may have
 * (`server/limits.ts`).
 */
export const DEFAULT_LIMITS: TenantLimits = {
  resources: 15_000,
  ports: 500,
  hosts: 10_000,
  routes: 20_000,
  streams: 2_500,
  changes: 10,
};
