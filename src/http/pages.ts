// Lists over HTTP: `{items, next_cursor}` everywhere, a page at a time.
import * as z from 'zod';

/** The query of every list. `cursor` is the `next_cursor` of the page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().min(1).max(2000).optional(),
};

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });

/** A query parameter that is `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((word) => word === 'true');
