import { ReplyCode } from "../../codec/reply";
import { Name } from "../../memory/name";
import { TokenBucket, takeToken } from "../../route/policies/token-bucket";
import { Connection } from "../connection";
import { readTime_ms } from "../read";
import { addName, addText, beginText } from "../reply";
import { refuse } from "./refuse";

/** Whether the bucket has a token for the call in `message`. False: it has had its answer. */
export function limitRate(connection: Connection, bucket: TokenBucket, host: Name): bool {
  if (takeToken(bucket, readTime_ms())) return true;
  beginText();
  addText("meltemi: more calls than the rate limit of ");
  addName(host);
  addText(" allows");
  refuse(connection, ReplyCode.RATE_LIMITED, 0);
  return false;
}
