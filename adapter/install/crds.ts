import { KINDS, type Kind, MELTEMI_GROUP } from "../resource/kinds.js";
import type { JsonSchema } from "../resource/schema/json-schema.js";
import { conditionsSchema, parentsSchema } from "./conditions-schema.js";
import { structural } from "./structural-schema.js";

/** How `kubectl` shows a kind. */
interface Presentation {
  readonly shortName: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly description: string;
  readonly jsonPath: string;
  /** 1: with `-o wide` only. */
  readonly priority?: 1;
}

const PRESENTATIONS: Readonly<Record<string, Presentation>> = {
  VirtualService: {
    shortName: "mvs",
    columns: [
      { name: "Hosts", type: "string", description: "Services that it is for.", jsonPath: ".spec.hosts" },
      { name: "Protocol", type: "string", description: "Protocol of the calls.", jsonPath: ".spec.protocol" },
    ],
  },
  ListenerPolicy: {
    shortName: "mlp",
    columns: [
      { name: "Protocol", type: "string", description: "Protocol of the listener.", jsonPath: ".spec.protocol" },
      { name: "Port", type: "integer", description: "Port of the listener.", jsonPath: ".spec.port" },
      { name: "Mode", type: "string", description: "What is routed.", jsonPath: ".spec.mode" },
    ],
  },
  ApplicationProtocol: {
    shortName: "map",
    columns: [{ name: "Protocol", type: "string", description: "Name of the protocol.", jsonPath: ".spec.protocol" }],
  },
  AuthorizationPolicy: {
    shortName: "mauthz",
    columns: [{ name: "Action", type: "string", description: "What becomes of its calls.", jsonPath: ".spec.action" }],
  },
  MeshPolicy: {
    shortName: "mmp",
    columns: [
      {
        name: "Unknown",
        type: "string",
        description: "What becomes of connections to unknown addresses.",
        jsonPath: ".spec.outboundTrafficPolicy.mode",
      },
    ],
  },
  DestinationPolicy: {
    shortName: "mdp",
    columns: [
      { name: "Host", type: "string", description: "The service.", jsonPath: ".spec.host" },
      { name: "Subset", type: "string", description: "Of its endpoints, these.", jsonPath: ".spec.subset" },
      { name: "Port", type: "integer", description: "Of its ports, this.", jsonPath: ".spec.port.number" },
    ],
  },
};

const STATE: readonly Column[] = [
  condition("Accepted", "Whether it is good in itself."),
  condition("Programmed", "Whether all Envoys have it."),
  {
    name: "Age",
    type: "date",
    description: "Of two that conflict the older one stays in force.",
    jsonPath: ".metadata.creationTimestamp",
  },
  {
    name: "Message",
    type: "string",
    description: "What is wrong with it.",
    jsonPath: '.status.conditions[?(@.status=="False")].message',
    priority: 1,
  },
];

function condition(name: string, description: string): Column {
  return { name, type: "string", description, jsonPath: `.status.conditions[?(@.type=="${name}")].status` };
}

/** The CustomResourceDefinitions of Meltemi's own kinds, from the schemas by which every source is checked. */
export function buildCrds(): readonly object[] {
  return KINDS.filter(({ group }) => group === MELTEMI_GROUP).map(buildCrd);
}

function buildCrd({ group, versions, kind, plural, schema }: Kind): object {
  const { spec } = schema.properties as Readonly<Record<string, JsonSchema>>;
  const { shortName, columns } = PRESENTATIONS[kind] as Presentation;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        plural,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
        shortNames: [shortName],
        categories: ["meltemi"],
      },
      versions: versions.map((name) => ({
        name,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [...columns, ...STATE],
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: schema.description,
            required: ["spec"],
            properties: {
              spec: structural(spec as JsonSchema),
              status: kind === "VirtualService" ? parentsSchema : conditionsSchema,
            },
          },
        },
      })),
    },
  };
}
