import { addCluster, addMutations, addRoute, keepMutations, keepText } from "../route/builder";
import { Mutation } from "../route/policies/mutation";
import { Policy } from "../route/policy";
import { integer, readInteger } from "./integer";
import {
  enterList,
  enterObject,
  fieldsSeen,
  isField,
  nextElement,
  nextField,
  otherField,
  readString,
  text,
  textBytes,
} from "./json";
import { readMutation } from "./policies/read-mutation";
import { fail, failAt, failed, failMissing } from "./problem";
import { readMatch } from "./read-match";
import { mutationsOf, newPolicy, readPolicy } from "./read-policy";

/** Bits of the fields of Route, of RouteAction and of ClusterWeight. */
const NAME: u32 = 0;
const MATCH: u32 = 1;
const ACTION: u32 = 2;
const ORIGIN: u32 = 3;
const POLICY: u32 = 4;
const CLUSTER: u32 = 0;
const WEIGHTED_CLUSTERS: u32 = 1;
const WEIGHT: u32 = 1;
const REQUEST_MUTATION: u32 = 2;
const RESPONSE_MUTATION: u32 = 3;

export function readRoute(): bool {
  if (!enterObject()) return false;
  let name: usize = 0;
  let nameLength: u32 = 0;
  let origin: usize = 0;
  let originLength: u32 = 0;
  let policy: Policy | null = null;
  while (nextField()) {
    if (isField("name", NAME)) {
      readString();
      name = text;
      nameLength = textBytes;
    } else if (isField("origin", ORIGIN)) {
      readString();
      origin = text;
      originLength = textBytes;
    } else if (isField("match", MATCH)) {
      readMatch();
    } else if (isField("route", ACTION)) {
      readAction();
    } else if (isField("policy", POLICY)) {
      policy = readPolicy();
    } else {
      otherField();
    }
  }
  if (failed) return false;
  if (!(fieldsSeen & (1 << ACTION))) return failMissing("route");
  const route = addRoute();
  if (!route) return failAt("route.weighted_clusters", "weights must add up to 1 or more");
  route.name = keepText(name, nameLength);
  route.nameLength = nameLength;
  route.origin = keepText(origin, originLength);
  route.originLength = originLength;
  const mutations = keepMutations(route);
  if (mutations) {
    if (!policy) policy = newPolicy();
    mutationsOf(policy).destinations = mutations;
  }
  route.policy = policy;
  return true;
}

function readAction(): bool {
  if (!enterObject()) return false;
  while (nextField()) {
    if (isField("cluster", CLUSTER)) readCluster();
    else if (isField("weighted_clusters", WEIGHTED_CLUSTERS)) readWeightedClusters();
    else otherField();
  }
  if (failed) return false;
  const both: u32 = (1 << CLUSTER) | (1 << WEIGHTED_CLUSTERS);
  if ((fieldsSeen & both) == both) return fail("only one of cluster and weighted_clusters may be given");
  return (fieldsSeen & both) != 0 || fail("cluster or weighted_clusters is missing");
}

function readCluster(): bool {
  if (!readString()) return false;
  if (textBytes == 0) return fail("must not be empty");
  return addCluster(text, textBytes, 1) || fail("weights must not exceed 4294967295 together");
}

function readWeightedClusters(): bool {
  if (!enterObject()) return false;
  while (nextField()) {
    if (!isField("clusters", 0)) {
      otherField();
      continue;
    }
    if (!enterList()) return false;
    for (let count: u32 = 0; nextElement(count); count++) readClusterWeight();
  }
  return !failed;
}

function readClusterWeight(): bool {
  if (!enterObject()) return false;
  let name: usize = 0;
  let nameLength: u32 = 0;
  let weight: u32 = 0;
  let request: Mutation | null = null;
  let response: Mutation | null = null;
  while (nextField()) {
    if (isField("name", NAME)) {
      readString();
      name = text;
      nameLength = textBytes;
    } else if (isField("weight", WEIGHT)) {
      readInteger(0, u32.MAX_VALUE);
      weight = <u32>integer;
    } else if (isField("request_mutation", REQUEST_MUTATION)) {
      request = readMutation();
    } else if (isField("response_mutation", RESPONSE_MUTATION)) {
      response = readMutation();
    } else {
      otherField();
    }
  }
  if (failed) return false;
  if (nameLength == 0) return failMissing("name");
  if (request || response) addMutations(request, response);
  return addCluster(name, nameLength, weight) || fail("weights must not exceed 4294967295 together");
}
