import { expect, it } from "vitest";
import { Rollout, type RolloutNode } from "./rollout.js";
import { formatReport, sumReports } from "./rollout-report.js";

const node = (name: string, synchronized?: string) => ({ node: name, synchronized, rejection: undefined });

function progress(rollout: Rollout, resource: object, nodes: readonly RolloutNode[]) {
  return sumReports([rollout.report([["it", resource]], nodes)])("it");
}

it("a resource is had by the nodes that have accepted its version or a later one", () => {
  const rollout = new Rollout();
  const [old, young] = [{}, {}];
  rollout.serve("a", [old]);
  rollout.serve("b", [old, young]);
  const nodes = [node("1", "a"), node("2", "b"), node("3")];
  expect(progress(rollout, old, nodes)).toEqual({ nodes: 3, having: 2, refusal: undefined });
  expect(progress(rollout, young, nodes)).toEqual({ nodes: 3, having: 1, refusal: undefined });
});

it("what changes nothing for the nodes is had at once", () => {
  const rollout = new Rollout();
  rollout.serve("a", []);
  const resource = {};
  rollout.serve("a", [resource]);
  expect(progress(rollout, resource, [node("1", "a")]).having).toBe(1);
});

it("a version that comes again is the newest again", () => {
  const rollout = new Rollout();
  rollout.serve("a", []);
  rollout.serve("b", [{}]);
  const resource = {};
  rollout.serve("a", [resource]);
  expect(progress(rollout, resource, [node("1", "a"), node("2", "b")]).having).toBe(1);
});

it("a node with several streams has it when all of them have", () => {
  const rollout = new Rollout();
  rollout.serve("a", []);
  const resource = {};
  rollout.serve("b", [resource]);
  expect(progress(rollout, resource, [node("1", "a"), node("1", "b")])).toMatchObject({ nodes: 1, having: 0 });
});

it("tells what a node refuses that lacks it", () => {
  const rollout = new Rollout();
  const resource = {};
  rollout.serve("a", [resource]);
  const rejection = { type: "ECDS", resources: ["outbound_dubbo_20880"], message: "bad regex" };
  const nodes = [node("1", "a"), { node: "2", synchronized: undefined, rejection }];
  expect(progress(rollout, resource, nodes).refusal).toBe("2 refuses ECDS outbound_dubbo_20880: bad regex");
});

it("a report says nothing of versions: where nothing is new for a resource it stays as it is", () => {
  const rollout = new Rollout();
  const [first, second] = [{}, {}];
  const resources = [
    ["first", first],
    ["second", second],
  ] as const;
  rollout.serve("a", [first]);
  rollout.serve("b", [first, second]);
  const before = rollout.report(resources, [node("1", "b"), node("2", "b")]);
  expect(before.nodes.map((group) => Array.isArray(group) && group.length)).toEqual([2]);
  rollout.serve("c", [first, second]);
  expect(formatReport(rollout.report(resources, [node("1", "c"), node("2", "b")]))).toBe(formatReport(before));
  const behind = rollout.report(resources, [node("1", "c"), node("2", "a")]);
  expect([...behind.resources]).toEqual([
    ["first", 0],
    ["second", 1],
  ]);
});

it("what a stream refuses is not told of what it lacks not", () => {
  const rollout = new Rollout();
  const [first, second] = [{}, {}];
  rollout.serve("a", []);
  rollout.serve("b", [first]);
  rollout.serve("c", [first, second]);
  const rejection = { type: "ECDS", resources: ["x"], message: "bad" };
  const nodes = [node("1", "a"), { node: "1", synchronized: "b", rejection }];
  expect(progress(rollout, first, nodes)).toEqual({ nodes: 1, having: 0, refusal: undefined });
  expect(progress(rollout, second, nodes)).toEqual({ nodes: 1, having: 0, refusal: "1 refuses ECDS x: bad" });
});
