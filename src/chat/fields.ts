/** Characters of a form's field: the least that the platforms take. */
export const LONGEST_FIELD = 3_000;
