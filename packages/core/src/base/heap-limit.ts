/** What a slot's JavaScript may take: without a limit of its own, one task that runs away takes its whole process along. */

export const defaultHeapBytes = 2 * 2 ** 30
