import { Region } from "../../host/arena";
import { property, propertyBytes } from "../../host/property";
import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";
import { Authorization, AuthorizationPolicy, Label } from "../../route/policies/authorization";

/** The labels of the workload whose Envoy this is, as Istio's agent puts them into the node's metadata. */
const labels: usize = asciiOf("xds\0node\0metadata\0LABELS\0");
const LABELS_BYTES: u32 = 25;
/** Kubernetes' keys have a name of 63 bytes behind a prefix of 253, and a slash. */
const MAX_KEY_BYTES: u32 = 317;
const path: usize = memory.data(512);

/**
 * Notes which policies are for workloads other than this node's. A node that says no labels is taken for any workload: what one that it may
 * be is denied it does not allow.
 */
export function chooseForNode(authorization: Authorization): void {
  const known = property(labels, LABELS_BYTES - 1, Region.ASIDE) != 0;
  choose(authorization.allow, known);
  choose(authorization.deny, known);
  choose(authorization.audit, known);
}

function choose(first: AuthorizationPolicy | null, known: bool): void {
  let policy = first;
  while (policy) {
    policy.elsewhere = known && !hasAll(policy.labels);
    policy = policy.next;
  }
}

function hasAll(first: Label | null): bool {
  let label = first;
  while (label) {
    if (!has(label)) return false;
    label = label.next;
  }
  return true;
}

function has(label: Label): bool {
  if (label.keyLength > MAX_KEY_BYTES) return false;
  memory.copy(path, labels, LABELS_BYTES);
  memory.copy(path + LABELS_BYTES, label.key, label.keyLength);
  const value = property(path, LABELS_BYTES + label.keyLength, Region.ASIDE);
  const bytes = propertyBytes;
  return value != 0 && bytes == label.valueLength && equalBytes(value, label.value, bytes);
}
