import { isDeepStrictEqual } from "node:util";
import type { ListenerStatus, ParentStatus } from "../status/api-status.js";
import type { Condition } from "../status/conditions.js";

/** A status as it is to be, of the fields that Meltemi writes; conditions without their times, which depend on what was there before. */
export interface StatusBody {
  readonly conditions?: readonly Condition[];
  readonly listeners?: readonly Conditioned<ListenerStatus>[];
  readonly addresses?: readonly object[];
  /** Those that this controller writes. */
  readonly parents?: readonly ControlledParent[];
}

type Conditioned<Status> = Omit<Status, "conditions"> & { readonly conditions: readonly Condition[] };

export type ControlledParent = Conditioned<ParentStatus> & { readonly controllerName: string };

type SeenCondition = Condition & { readonly lastTransitionTime?: string };

/** As it was seen in the cluster, whoever wrote it. */
interface SeenStatus {
  readonly conditions?: readonly SeenCondition[];
  readonly listeners?: readonly Seen<Conditioned<ListenerStatus>>[];
  readonly addresses?: readonly object[];
  readonly parents?: readonly Seen<ControlledParent>[];
}

type Seen<Part> = Omit<Part, "conditions"> & { readonly conditions?: readonly SeenCondition[] };

/** Whether all that is to be written is there already. */
export function isThere(wanted: StatusBody, seen: unknown, controller: string): boolean {
  const there = (seen ?? {}) as SeenStatus;
  return isDeepStrictEqual(comparable(there, wanted, controller), comparable(wanted, wanted, controller));
}

/** In an order of its own, without times and without what others say. */
function comparable(
  { conditions = [], listeners = [], addresses = [], parents = [] }: SeenStatus,
  wanted: StatusBody,
  controller: string,
): object {
  const types = new Set((wanted.conditions ?? []).map(({ type }) => type));
  const part = <Part extends { readonly conditions?: readonly SeenCondition[] }>(one: Part) => {
    return { ...one, conditions: byType(one.conditions ?? []) };
  };
  return {
    conditions: byType(conditions.filter(({ type }) => types.has(type))),
    ...(wanted.listeners && { listeners: Object.fromEntries(listeners.map((one) => [one.name, part(one)])) }),
    ...(wanted.addresses && { addresses }),
    ...(wanted.parents && {
      parents: parents.filter(({ controllerName }) => controllerName === controller).map((one) => part(one)),
    }),
  };
}

function byType(conditions: readonly SeenCondition[]): object {
  return Object.fromEntries(conditions.map(({ lastTransitionTime: _, ...one }) => [one.type, one]));
}

/** What is to be written, at this time: a condition keeps the time since when it is as it is, and what other controllers say of a route stays. */
export function bodyToWrite(wanted: StatusBody, seen: unknown, controller: string, now: string): object {
  const there = (seen ?? {}) as SeenStatus;
  const timed = (conditions: readonly Condition[], before: readonly SeenCondition[] = []) =>
    conditions.map((condition) => {
      const last = before.find(({ type }) => type === condition.type);
      const since = last?.status === condition.status ? last.lastTransitionTime : undefined;
      return { ...condition, lastTransitionTime: since ?? now };
    });
  const { conditions, listeners, addresses, parents } = wanted;
  return {
    ...(conditions && { conditions: timed(conditions, there.conditions) }),
    ...(listeners && {
      listeners: listeners.map((one) => {
        const before = there.listeners?.find(({ name }) => name === one.name);
        return { ...one, conditions: timed(one.conditions, before?.conditions) };
      }),
    }),
    ...(addresses && { addresses }),
    ...(parents && {
      parents: [
        // All controllers write into one list.
        ...(there.parents ?? []).filter(({ controllerName }) => controllerName !== controller),
        ...parents.map((one) => {
          const before = there.parents?.find(
            ({ controllerName, parentRef }) =>
              controllerName === controller && isDeepStrictEqual(parentRef, one.parentRef),
          );
          return { ...one, conditions: timed(one.conditions, before?.conditions) };
        }),
      ],
    }),
  };
}
