import hessian from "hessian.js";

/** What these tests use of hessian.js's decoder beyond the declaration that the demo has. */
export interface HessianDecoder {
  read(): unknown;
  readString(): string;
  /** Bytes read so far. */
  position(): number;
}

export function hessianDecoder(bytes: Buffer): HessianDecoder {
  return new hessian.DecoderV2(bytes) as HessianDecoder;
}
