/** A protocol as an ApplicationProtocol declares it; the schema (resource/schema/application-protocol.ts) says what each field means. */
export interface Declaration {
  readonly protocol: string;
  readonly byteOrder?: ByteOrder;
  readonly frame: Frame;
  readonly kinds?: readonly KindRule[];
  readonly id?: Value;
  readonly ordered?: boolean;
  readonly call?: CallBody;
  readonly answer?: AnswerBody;
  readonly replies: Replies;
}

export type ByteOrder = "BIG" | "LITTLE";

/** Bytes as they are: a text in UTF-8, or hexadecimal digits. */
export interface Literal {
  readonly text?: string;
  readonly hex?: string;
}

/** A number at a fixed place. */
export interface NumberField {
  readonly at: number;
  readonly from?: "MESSAGE" | "BODY";
  readonly width: number;
  readonly byteOrder?: ByteOrder;
  readonly mask?: number;
}

export interface Frame {
  readonly headBytes?: number;
  readonly magic?: readonly (Literal & { readonly at?: number })[];
  readonly length?: Partial<NumberField> & {
    readonly at: number;
    readonly varint?: boolean;
    readonly plus?: readonly NumberField[];
    readonly add?: number;
  };
  readonly line?: { readonly end: Literal; readonly maxBytes?: number };
}

export const KINDS = ["CALL", "ONE_WAY", "HEARTBEAT", "NOTICE", "GOING_AWAY", "ANSWER"] as const;

export interface KindRule {
  readonly kind: (typeof KINDS)[number];
  readonly when?: readonly Condition[];
}

export type Condition = Partial<NumberField> & { readonly at: number; readonly values?: readonly number[] } & Literal;

/** Where a value stands: at a fixed place, or in a part. */
export interface Value extends Partial<NumberField> {
  readonly bytes?: number;
  readonly part?: string;
  readonly key?: string;
  readonly field?: readonly number[];
  readonly pointer?: string;
  readonly word?: number;
  readonly signed?: boolean;
}

export interface LengthForm {
  readonly prefix?: number;
  readonly byteOrder?: ByteOrder;
  readonly varint?: boolean;
}

export interface PartLength extends LengthForm, Partial<NumberField> {
  readonly bytes?: number;
  readonly add?: number;
  readonly hessian?: boolean;
  readonly until?: Literal;
  readonly rest?: boolean;
}

export type PartType =
  | "TEXT"
  | "NUMBER"
  | "PAIRS"
  | "WORDS"
  | "PROTOBUF"
  | "THRIFT_BINARY"
  | "THRIFT_COMPACT"
  | "JSON"
  | "SKIP";

export interface Part {
  readonly name: string;
  readonly type: PartType;
  readonly length: PartLength;
  readonly byteOrder?: ByteOrder;
  readonly trim?: boolean;
  readonly separator?: Literal;
  readonly pairs?: {
    readonly key?: LengthForm;
    readonly value?: LengthForm;
    readonly count?: LengthForm;
    readonly between?: Literal;
    readonly equals?: Literal;
  };
}

export interface CallBody {
  readonly parts?: readonly Part[];
  readonly service?: Value;
  readonly method?: Value;
  readonly attributes?: readonly (Value & { readonly name: string })[];
  readonly maps?: readonly Value[];
}

export interface AnswerBody {
  readonly frame?: Frame;
  readonly parts?: readonly Part[];
  readonly id?: Value;
  readonly status?: Value;
  readonly success?: { readonly values?: readonly number[]; readonly when?: readonly Condition[] };
}

export interface WrittenNumber {
  readonly width?: number;
  readonly byteOrder?: ByteOrder;
  readonly decimal?: boolean;
}

export interface ReplyItem extends Literal {
  readonly id?: WrittenNumber;
  readonly code?: WrittenNumber;
  readonly message?: { readonly singleLine?: boolean };
  readonly echo?: { readonly at: number; readonly bytes: number; readonly mask?: number; readonly or?: number };
  readonly length?: LengthForm & { readonly hessian?: boolean; readonly add?: number };
  readonly of?: readonly ReplyItem[];
}

export interface Replies {
  readonly codes?: {
    readonly notFound?: number;
    readonly badRequest?: number;
    readonly upstreamFailure?: number;
    readonly overloaded?: number;
    readonly timeout?: number;
    readonly rateLimited?: number;
    readonly aborted?: number;
    readonly denied?: number;
  };
  readonly error: readonly ReplyItem[];
  readonly heartbeat?: readonly ReplyItem[];
  readonly goingAway?: readonly ReplyItem[];
}
