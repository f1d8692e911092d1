import { describe, expect, test } from "vitest";
import { MAX_DOCUMENTS_PER_FILE, MAX_NESTING } from "./limits.js";
import { parseYamlDocuments } from "./yaml-documents.js";

const TEXT = `# routes of reviews
---
# the first
kind: A
spec:
  routes:
  - name: one
  - name: two
    match:
    - attributes: { user: { exact: jason } }
---

---
{ "kind": "B" }
...
# the end
`;

describe("documents", () => {
  test("all of a file, without empty ones", () => {
    const { documents, errors } = parseYamlDocuments(TEXT, "a.yaml");
    expect(errors).toEqual([]);
    expect(documents.map(({ value }) => (value as { kind: string }).kind)).toEqual(["A", "B"]);
    expect(documents.map(({ place }) => place)).toEqual([
      { file: "a.yaml", line: 4 },
      { file: "a.yaml", line: 14 },
    ]);
  });

  test.each([
    [[], 4],
    [["spec", "routes", 1, "name"], 8],
    [["spec", "routes", 1, "match", 0, "attributes", "user", "exact"], 10],
    [["spec", "routes", 1, "weight"], 8],
    [["spec", "routes", 7, "name"], 6],
    [["nothing"], 4],
  ])("the field %j stands on line %i, or the nearest one above it does", (path, line) => {
    const [document] = parseYamlDocuments(TEXT, "a.yaml").documents;
    expect(document?.locate(path)).toEqual({ file: "a.yaml", line });
  });

  test("JSON, indented by tabs", () => {
    const { documents, errors } = parseYamlDocuments('{\n\t"kind": "A",\n\t"spec": {}\n}\n', "a.json");
    expect(errors).toEqual([]);
    expect(documents[0]?.locate(["spec"]).line).toBe(3);
  });

  test("keys are text, and none of them reaches the prototype", () => {
    const { documents } = parseYamlDocuments("ports: { 1: a }\n__proto__: { polluted: true }\n", "a.yaml");
    expect(documents[0]?.value).toHaveProperty(["ports", "1"], "a");
    expect("polluted" in {}).toBe(false);
  });

  test("CRLF line ends count as one line", () => {
    const { documents } = parseYamlDocuments("kind: A\r\nspec:\r\n  x: 1\r\n", "a.yaml");
    expect(documents[0]?.locate(["spec", "x"]).line).toBe(3);
  });
});

describe("errors", () => {
  test("a malformed document is told by its line, the others are read", () => {
    const { documents, errors } = parseYamlDocuments("kind: A\n---\nkind: B\nspec: { a: [ 1\n---\nkind: C\n", "a.yaml");
    expect(documents.map(({ value }) => value)).toEqual([{ kind: "A" }, { kind: "C" }]);
    expect(errors).toEqual([{ line: 5, reason: expect.stringMatching(/^malformed YAML: /) }]);
  });

  test("a key that stands twice", () => {
    expect(parseYamlDocuments("a: 1\nb: 2\na: 3\n", "a.yaml").errors).toMatchObject([{ line: 3 }]);
  });

  test("aliases that multiply are refused before they are built", () => {
    let bomb = "a0: &a0 [ x, x, x, x, x, x, x, x, x, x ]\n";
    for (let level = 1; level < 20; level++) {
      bomb += `a${level}: &a${level} [ ${`*a${level - 1}, `.repeat(10)} ]\n`;
    }
    const { documents, errors } = parseYamlDocuments(bomb, "a.yaml");
    expect(documents).toEqual([]);
    expect(errors).toMatchObject([{ line: 1, reason: expect.stringMatching(/alias/) }]);
  });

  test.each(["[", "{a: ", "- "])("%j nested without end is refused, not followed", (opening) => {
    const { documents, errors } = parseYamlDocuments(opening.repeat(20_000), "a.yaml");
    expect(documents).toEqual([]);
    expect(errors).toMatchObject([{ reason: `the document nests deeper than ${MAX_NESTING} levels: refused` }]);
  });

  test("more documents than the limit", () => {
    const { documents, errors } = parseYamlDocuments("--- a\n".repeat(MAX_DOCUMENTS_PER_FILE + 1), "a.yaml");
    expect(documents).toEqual([]);
    expect(errors).toMatchObject([{ line: MAX_DOCUMENTS_PER_FILE + 1, reason: expect.stringMatching(/split it/) }]);
  });
});
