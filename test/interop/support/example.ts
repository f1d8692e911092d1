import { readFileSync } from "node:fs";
import type { MeshConfig, VersionPorts } from "./mesh.js";

/** The VirtualService that a page of the documentation shows, before two versions of the service that it names. */
export function exampleOf(protocol: string, host: string): MeshConfig {
  const page = readFileSync(new URL(`../../../docs/protocols/${protocol}.md`, import.meta.url), "utf8");
  const example = /^```yaml\n(apiVersion: .*?)^```$/ms.exec(page)?.[1];
  if (example === undefined) throw new Error(`docs/protocols/${protocol}.md has no example`);
  return {
    protocol,
    files: (ports) => ({ "routes.yaml": example, "services.yaml": services(protocol, host, ports) }),
  };
}

const services = (protocol: string, host: string, { v1, v2 }: VersionPorts): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: example, namespace: interop }
spec:
  hosts: [ ${host} ]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
  - { number: 8000, name: ${protocol}, protocol: TCP }
  endpoints:
  - { address: 127.0.0.1, ports: { ${protocol}: ${v1} }, labels: { version: v1 } }
  - { address: 127.0.0.1, ports: { ${protocol}: ${v2} }, labels: { version: v2 } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: example, namespace: interop }
spec:
  host: ${host}
  subsets:
  - { name: v1, labels: { version: v1 } }
  - { name: v2, labels: { version: v2 } }
`;
