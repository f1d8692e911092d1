/** The part of hessian.js (which has no types) that the demo's server uses. */
declare module "hessian.js" {
  interface Decoder {
    read(): unknown;
  }
  interface Encoder {
    write(value: unknown): Encoder;
    get(): Buffer;
  }
  const hessian: {
    readonly DecoderV2: new (bytes: Buffer) => Decoder;
    readonly EncoderV2: new () => Encoder;
  };
  export default hessian;
}
