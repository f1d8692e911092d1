import { describe, expect, it } from "vitest";
import { makeResource } from "../xds/resource.js";
import { diffSnapshots } from "./diff.js";
import { makeSnapshot } from "./snapshot.js";

function cluster(name: string, content = "1") {
  return makeResource("CDS", name, { name, alt_stat_name: content });
}

describe("makeSnapshot", () => {
  it("sorts by name, and gives equal content an equal version", () => {
    const one = makeSnapshot([cluster("b"), cluster("a")]);
    const other = makeSnapshot([cluster("a"), cluster("b")]);
    expect([...one.types.CDS.resources.keys()]).toEqual(["a", "b"]);
    expect(one.version).toBe(other.version);
  });

  it("gives other content another version, of the type concerned alone", () => {
    const before = makeSnapshot([cluster("a"), cluster("b")]);
    const after = makeSnapshot([cluster("a"), cluster("b", "2")]);
    expect(after.version).not.toBe(before.version);
    expect(after.types.CDS.version).not.toBe(before.types.CDS.version);
    expect(after.types.LDS.version).toBe(before.types.LDS.version);
  });
});

describe("diffSnapshots", () => {
  const before = makeSnapshot([cluster("same"), cluster("changed"), cluster("removed")]);
  const after = makeSnapshot([cluster("same"), cluster("changed", "2"), cluster("added")]);

  it("names what was added, changed and removed, by type", () => {
    expect(diffSnapshots(before, after)).toEqual([
      { type: "CDS", added: ["added"], changed: ["changed"], removed: ["removed"] },
    ]);
  });

  it("finds nothing between equals, and everything new at first", () => {
    expect(diffSnapshots(after, after)).toEqual([]);
    expect(diffSnapshots(undefined, after)).toEqual([
      { type: "CDS", added: ["added", "changed", "same"], changed: [], removed: [] },
    ]);
  });
});
