/** The row of a statement that always returns one. */
export async function onlyRow<T>(rows: Promise<readonly T[]>): Promise<T> {
  const [row] = await rows;
  if (row === undefined) throw new Error('The statement returned no row');
  return row;
}
