export interface User {
  readonly id: string;
  readonly username: string;
}
