import { fits, isSchema } from "../schema.js";
import type { RecordValidator } from "./options.js";
import type { GroupRecord } from "./record.js";

/** Whether a record that came from others is taken. */
export async function isTaken(
  validator: RecordValidator | undefined,
  record: GroupRecord,
): Promise<boolean> {
  if (validator === undefined) return true;
  if (!isSchema(validator)) return validator(record);
  return record.deleted || fits(validator, record.json());
}
