import { expect, it } from "vitest";
import { recognise } from "../resource/recognise.js";
import { parseFile } from "../source/file-content.js";
import { StatusReporter, type StatusReporterOptions } from "./status-reporter.js";
import type { WantedStatus } from "./status-writer.js";

function policyOf(namespace: string) {
  const text = `{ apiVersion: networking.meltemi.io/v1alpha1, kind: ListenerPolicy, metadata: { name: p, namespace: ${namespace} }, spec: {} }`;
  return parseFile(text, "p.yaml", recognise).resources;
}

it("tells a tenant of its own Envoys alone", () => {
  let written: readonly WantedStatus[] = [];
  const refusal = { type: "CDS", resources: ["secret-of-bar"], message: "bad" };
  const reporter = new StatusReporter({
    writer: {
      set(wanted: readonly WantedStatus[]) {
        written = wanted;
      },
    },
    leader: { leads: true },
    others: { reports: [], look: async () => undefined },
    nodes: () => [
      { node: "node-of-foo", namespace: "foo", synchronized: "foo-1", rejection: undefined },
      { node: "node-of-bar", namespace: "bar", synchronized: undefined, rejection: refusal },
      { node: "another-of-bar", namespace: "bar", synchronized: "bar-1", rejection: undefined },
    ],
  } as unknown as StatusReporterOptions);
  const programmed = (namespace: string) =>
    written.find((one) => one.namespace === namespace)?.body.conditions?.find(({ type }) => type === "Programmed");

  reporter.served(policyOf("foo"), { problems: [], statuses: [] }, "foo-1", "foo");
  reporter.served(policyOf("bar"), { problems: [], statuses: [] }, "bar-1", "bar");
  reporter.write();
  expect(programmed("foo")).toMatchObject({ status: "True", message: "all Envoys have it" });
  expect(programmed("bar")?.message).toBe("1 of 2 Envoys have it; node-of-bar refuses CDS secret-of-bar: bad");

  reporter.served([], { problems: [], statuses: [] }, "", "bar");
  reporter.write();
  expect(written.map(({ namespace }) => namespace)).toEqual(["foo"]);
  reporter.stop();
});
