/** Something SQL can be run on: the database itself, or a transaction of it. */
export interface Queryable {
  query<T>(sql: string, params?: readonly unknown[]): Promise<T[]>;
}

/** The Postgres that holds the chat; two classes implement it. */
export abstract class Database implements Queryable {
  abstract query<T>(sql: string, params?: readonly unknown[]): Promise<T[]>;

  /** Commits what `work` did when it resolves, rolls it back when it rejects. Query only `tx` inside. */
  abstract transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
}
