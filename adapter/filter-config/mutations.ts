import type { MessageMutations, Mutation } from "../model/model.js";

export type FilterMutation = {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
};

export type FilterMutations = {
  readonly request_mutation?: FilterMutation;
  readonly response_mutation?: FilterMutation;
};

export function toFilterMutations({ request, response }: MessageMutations): FilterMutations {
  return {
    ...(request && { request_mutation: toFilterMutation(request) }),
    ...(response && { response_mutation: toFilterMutation(response) }),
  };
}

function toFilterMutation({ set, add, remove }: Mutation): FilterMutation {
  return {
    ...(Object.keys(set).length > 0 && { set }),
    ...(Object.keys(add).length > 0 && { add }),
    ...(remove.length > 0 && { remove }),
  };
}
