import { expect, test } from "vitest";
import { recognise } from "./recognise.js";

const metadata = { name: "a" };

test.each([
  ["networking.meltemi.io/v1alpha1", "VirtualService"],
  ["networking.istio.io/v1", "ServiceEntry"],
  ["networking.istio.io/v1beta1", "WorkloadEntry"],
  ["networking.istio.io/v1alpha3", "DestinationRule"],
])("%s %s is read", (apiVersion, kind) => {
  expect(recognise({ apiVersion, kind, metadata })).toEqual({ kind: "read" });
});

test.each([
  [{ apiVersion: "apps/v1", kind: "Deployment", metadata }],
  [{ apiVersion: "v1", kind: "ConfigMap", metadata }],
  [{ apiVersion: "networking.istio.io/v1", kind: "EnvoyFilter", metadata }],
  [{ apiVersion: "networking.istio.io/v1", kind: "ProxyConfig" }],
  [{ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata }],
  [{ name: "package", version: "1.0.0" }],
])("%j is somebody else's", (document) => {
  expect(recognise(document)).toMatchObject({ kind: "ignored", reason: expect.stringMatching(/./) });
});

test.each([
  ["text", [], /^not a resource: a map/],
  [[], [], /^not a resource: a map/],
  [{ kind: "VirtualService", metadata }, ["apiVersion"], /apiVersion is needed/],
  [{ apiVersion: "v1", metadata }, ["kind"], /kind is needed/],
  [{ apiVersion: 1, kind: "VirtualService" }, ["apiVersion"], /as text/],
  [{ metadata, spec: {} }, ["apiVersion"], /apiVersion is needed/],
  [
    { apiVersion: "networking.meltemi.io/v1", kind: "VirtualService", metadata },
    ["apiVersion"],
    /reads networking\.meltemi\.io\/v1alpha1/,
  ],
  [
    { apiVersion: "networking.meltemi.io/v1alpha1", kind: "VirtualServce", metadata },
    ["kind"],
    /did you mean VirtualService\?/,
  ],
  [
    { apiVersion: "networking.istio.io/v2", kind: "ServiceEntry", metadata },
    ["apiVersion"],
    /reads networking\.istio\.io\/v1, /,
  ],
  [
    { apiVersion: "networking.meltem.io/v1alpha1", kind: "VirtualService", metadata },
    ["apiVersion"],
    /did you mean networking\.meltemi\.io\?/,
  ],
  [{ apiVersion: "networking.istio.io/v1", kind: "ServiceEntry" }, ["metadata"], /metadata\.name is needed/],
])("%j is refused", (document, field, reason) => {
  expect(recognise(document)).toEqual({ kind: "refused", field, reason: expect.stringMatching(reason) });
});
