/** Why a stream cannot go on: it ends with this status of gRPC and these words. */
export class Refusal extends Error {
  constructor(
    readonly code: "INVALID_ARGUMENT" | "PERMISSION_DENIED" | "RESOURCE_EXHAUSTED",
    message: string,
  ) {
    super(message);
    this.name = "Refusal";
  }
}
