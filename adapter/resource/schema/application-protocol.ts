import { closedMap, type JsonSchema, listOf, protocol, text } from "./json-schema.js";
import { resourceSchema } from "./metadata.js";

/** What the filter's programs hold (filter/codec/declared/verify.ts). */
const MAX_OFFSET = 4000;
const MAX_PARTS = 32;
const MAX_ATTRIBUTES = 16;
/** Lengths within lengths, of an error reply and of others. */
const ERROR_DEPTH = 3;
const OTHER_DEPTH = 1;

const offset: JsonSchema = { type: "integer", minimum: 0, maximum: MAX_OFFSET };
const width: JsonSchema = {
  type: "integer",
  minimum: 1,
  maximum: 8,
  description: "Bytes of the number.",
};
const byteOrder: JsonSchema = {
  type: "string",
  enum: ["BIG", "LITTLE"],
  description: "Order of the number's bytes. Default: that of the protocol.",
};
const mask: JsonSchema = {
  type: "integer",
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "Bits that count: the value is the number they make, so with 0x80 it is 0 or 1. Default: all.",
};
const from: JsonSchema = {
  type: "string",
  enum: ["MESSAGE", "BODY"],
  description: "What `at` counts from: the message's first byte, or the first behind its head. Default: MESSAGE.",
};
const at: JsonSchema = { ...offset, description: "Offset of the first byte." };
const hex: JsonSchema = {
  ...text,
  maxLength: 600,
  description: "Bytes in hexadecimal digits.",
};
const plainText: JsonSchema = { ...text, maxLength: 200, description: "Bytes as a text in UTF-8." };

const literalFields = { text: plainText, hex };

/** Bytes, as a text or in digits. */
function literal(description: string): JsonSchema {
  return { ...closedMap(literalFields), description };
}

const numberFields = { at, from, width, byteOrder, mask };
const values: JsonSchema = {
  ...listOf({ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 1),
  maxItems: 64,
  description: "Numbers of which it is one.",
};

const condition: JsonSchema = {
  ...closedMap({ ...numberFields, values, ...literalFields }, ["at"]),
  description: "A number that is one of `values`, or the bytes `text` or `hex`. Behind a message's end nothing is.",
};

function conditions(description: string): JsonSchema {
  return { ...listOf(condition), maxItems: 16, description };
}

const frame = closedMap({
  headBytes: {
    ...offset,
    minimum: 1,
    description: "Bytes of the head. With `line`, and where a varint ends it: none.",
  },
  magic: {
    ...listOf(closedMap({ at: { ...offset, description: "Default: 0." }, ...literalFields })),
    maxItems: 8,
    description: "Bytes that every message has, by which another protocol is known at once.",
  },
  length: {
    ...closedMap(
      {
        ...numberFields,
        varint: { type: "boolean", description: "The number is a varint, 7 bits a byte, and ends the head." },
        plus: {
          ...listOf(closedMap(numberFields, ["at", "width"])),
          maxItems: 7,
          description: "Numbers to be added to it.",
        },
        add: {
          type: "integer",
          minimum: -65_536,
          maximum: 65_536,
          description:
            "What the number does not count. Default: headBytes; of a varint: 0, for it counts what is behind it.",
        },
      },
      ["at"],
    ),
    description: "The number that says how long a message is: its length is that number and `add`.",
  },
  line: {
    ...closedMap(
      {
        end: literal("What ends a message."),
        maxBytes: { type: "integer", minimum: 1, maximum: 65_536, description: "Longest message. Default: 8192." },
      },
      ["end"],
    ),
    description: "A message is a line of text.",
  },
});

const valueFields = {
  ...numberFields,
  bytes: { ...offset, description: "Of a text at a fixed place: its bytes, without zeros and spaces at their end." },
  part: { ...text, description: "The part that it is in." },
  key: { ...text, description: "Of PAIRS: the key." },
  field: {
    ...listOf({ type: "integer", minimum: -32_768, maximum: 536_870_911 }, 1),
    maxItems: 16,
    description: "Of PROTOBUF and THRIFT: the field's number, behind those of the messages that it is in.",
  },
  pointer: {
    type: "string",
    maxLength: 200,
    description: "Of JSON: where it is, as a JSON pointer (RFC 6901), such as /params/service.",
  },
  word: { type: "integer", minimum: 0, maximum: 255, description: "Of WORDS: which one, from 0." },
  signed: { type: "boolean", description: "Of PROTOBUF and THRIFT: the number may be negative." },
} as const satisfies Record<string, JsonSchema>;

function value(description: string): JsonSchema {
  return { ...closedMap(valueFields), description };
}

const prefix: JsonSchema = {
  type: "integer",
  minimum: 1,
  maximum: 8,
  description: "A length of so many bytes stands in front.",
};
const varint: JsonSchema = { type: "boolean", description: "A length as a varint stands in front." };
const hessian: JsonSchema = {
  type: "boolean",
  description: "A text of Hessian2 in one chunk, whose length counts UTF-16 units.",
};
const lengthForm = closedMap({ prefix, byteOrder, varint });

const part = closedMap(
  {
    name: { ...text, maxLength: 60, description: "What values name it by." },
    type: {
      type: "string",
      enum: ["TEXT", "NUMBER", "PAIRS", "WORDS", "PROTOBUF", "THRIFT_BINARY", "THRIFT_COMPACT", "JSON", "SKIP"],
      description: "What is in it.",
    },
    length: {
      ...closedMap({
        bytes: { type: "integer", minimum: 0, maximum: 65_536, description: "Always so many." },
        ...numberFields,
        prefix,
        varint,
        hessian,
        add: { type: "integer", minimum: -65_536, maximum: 65_536, description: "What the prefix does not count." },
        until: literal("It ends where these bytes stand, which belong to no part."),
        rest: { type: "boolean", description: "All that is left of the message." },
      }),
      description: "How long it is; `at` with `width`: as a number in the head says.",
    },
    byteOrder,
    trim: { type: "boolean", description: "Without zeros and spaces at its end." },
    separator: literal("Of WORDS: what stands between two."),
    pairs: {
      ...closedMap({
        key: { ...lengthForm, description: "How long a key is." },
        value: { ...lengthForm, description: "How long a value is. One of -1 in four bytes is none." },
        count: {
          ...lengthForm,
          description: "How many pairs there are, in front of them. Default: to the end of the part.",
        },
        between: literal("Of pairs that are text: what stands between two."),
        equals: literal("Of pairs that are text: what stands between key and value."),
      }),
      description: "Of PAIRS: how they are written.",
    },
  },
  ["name", "type", "length"],
);

const parts: JsonSchema = {
  ...listOf(part),
  maxItems: MAX_PARTS,
  description: "What stands behind the head, in its order. Only what values name, and what is before that, is read.",
};

const written = closedMap({
  width,
  byteOrder,
  decimal: { type: "boolean", description: "As a text of decimal digits." },
});

/** The items of a reply; lengths have others within them, `depth` of them. */
function replyItems(depth: number, description: string): JsonSchema {
  const nested = depth > 0 ? { of: replyItems(depth - 1, "What the length counts.") } : {};
  const item = closedMap({
    ...literalFields,
    id: { ...written, description: "The call's id." },
    code: { ...written, description: "The status for the reason, see `codes`." },
    message: {
      ...closedMap({
        singleLine: {
          type: "boolean",
          description: "Without line ends, quotes and backslashes, as JSON and lines need it.",
        },
      }),
      description: "What went wrong, in words: up to 512 bytes.",
    },
    echo: {
      ...closedMap(
        {
          at,
          bytes: { type: "integer", minimum: 1, maximum: 255, description: "How many." },
          mask: {
            type: "integer",
            minimum: 0,
            maximum: 255,
            description: "Bits of each byte that are repeated. Default: all.",
          },
          or: { type: "integer", minimum: 0, maximum: 255, description: "Bits that are set besides." },
        },
        ["at", "bytes"],
      ),
      description: "Bytes of the call, repeated.",
    },
    length: {
      ...closedMap({
        prefix,
        byteOrder,
        varint,
        hessian,
        add: { type: "integer", minimum: -65_536, maximum: 65_536, description: "Is added to the number of bytes." },
      }),
      description: "How many bytes `of` has.",
    },
    ...nested,
  });
  return { ...listOf(item, 1), maxItems: 32, description };
}

function code(description: string): JsonSchema {
  return { type: "integer", minimum: 0, maximum: 2_147_483_647, description };
}

export const applicationProtocolSchema = resourceSchema(
  {
    ...closedMap(
      {
        protocol: {
          ...protocol,
          description: "Name of the protocol: of ports (`tcp-NAME`), in VirtualServices, in the whole mesh.",
        },
        byteOrder: {
          ...byteOrder,
          description: "Order of the bytes of numbers, where they do not say themselves. Default: BIG.",
        },
        frame: { ...frame, description: "How one message is told from the next." },
        kinds: {
          ...listOf(
            closedMap(
              {
                kind: {
                  type: "string",
                  enum: ["CALL", "ONE_WAY", "HEARTBEAT", "NOTICE", "GOING_AWAY", "ANSWER"],
                  description:
                    "CALL: it is answered. ONE_WAY: it is not. HEARTBEAT: the filter answers it. NOTICE: it is dropped. " +
                    "GOING_AWAY: its sender takes no new calls. ANSWER: to a call.",
                },
                when: conditions("All must hold. Default: none."),
              },
              ["kind"],
            ),
            1,
          ),
          maxItems: 16,
          description:
            "What a message is: the first whose conditions hold. One that none takes is refused. Default: clients call, upstreams answer.",
        },
        id: value("The number that joins an answer to its call."),
        ordered: { type: "boolean", description: "There is no id: answers come in the order of calls." },
        call: {
          ...closedMap({
            parts,
            service: value(
              "The service's name, by which the virtual host is found. Default: there is none, so one service has all calls.",
            ),
            method: value("The method's name, for metrics."),
            attributes: {
              ...listOf(
                closedMap({ name: { ...text, maxLength: 100, description: "What routes call it." }, ...valueFields }, [
                  "name",
                ]),
              ),
              maxItems: MAX_ATTRIBUTES,
              description: "What routes can ask for.",
            },
            maps: {
              ...listOf(value("A map of texts.")),
              maxItems: 4,
              description:
                "Maps whose keys routes can ask for as they are: PAIRS, maps of protobuf and Thrift, objects of JSON.",
            },
          }),
          description: "What a call has behind its head.",
        },
        answer: {
          ...closedMap({
            frame: { ...frame, description: "Where it is another than that of calls." },
            parts,
            id: value("Where it stands elsewhere than in calls."),
            status: value("The protocol's own status, for metrics: a number."),
            success: {
              ...closedMap({
                values,
                when: conditions("All hold of a success. Without `status` it is 0 then, else 1."),
              }),
              description: "Which status means success. Default: every answer is one.",
            },
          }),
          description: "What upstreams send.",
        },
        replies: {
          ...closedMap(
            {
              codes: {
                ...closedMap({
                  notFound: code("No service or no route. Default: 1."),
                  badRequest: code("The call cannot be read. Default: 2."),
                  upstreamFailure: code("The upstream cannot be reached, or went away. Default: 3."),
                  overloaded: code("No further upstream connection may be opened. Default: 4."),
                  timeout: code("The route's timeout is over. Default: that of upstreamFailure."),
                  rateLimited: code("The route's rate limit has no token. Default: that of overloaded."),
                  aborted: code("The route has a fault for it. Default: that of upstreamFailure."),
                  denied: code("An AuthorizationPolicy denies it. Default: that of badRequest."),
                }),
                description: "The status for each reason.",
              },
              error: replyItems(ERROR_DEPTH, "The answer to a call that the filter cannot route."),
              heartbeat: replyItems(OTHER_DEPTH, "The answer to a heartbeat."),
              goingAway: replyItems(
                OTHER_DEPTH,
                "Tells a client to make its next calls on another connection. Default: it is not told.",
              ),
            },
            ["error"],
          ),
          description: "What the filter writes itself: items behind each other.",
        },
      },
      ["protocol", "frame", "replies"],
    ),
    "x-kubernetes-validations": [
      {
        rule: "has(self.id) != (has(self.ordered) && self.ordered)",
        message: "needs id, or ordered: true where answers come in the order of calls; one of them",
      },
    ],
  },
  "Declares a private protocol: how its messages are framed, and where in them stands what routes ask for.",
);
