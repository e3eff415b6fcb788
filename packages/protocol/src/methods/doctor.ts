import { z } from 'zod';

/** A table of what the doctor found; the first column marks rows: ok, "!" for a fault, "–" for a remark. */
export const doctorSection = z.strictObject({
  title: z.string(),
  head: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  /** Nothing in it keeps a notebook from running. */
  fine: z.boolean(),
});
/** A table of what the doctor found, parsed. */
export type DoctorSection = z.infer<typeof doctorSection>;

/** Reports how policies are confined on this machine, what is installed and what is missing. */
export const doctor = {
  params: z.strictObject({}),
  result: z.strictObject({ sections: z.array(doctorSection) }),
};
