/** A user in a channel, as the other members see him. */
export interface Member {
  readonly id: string;
  readonly username: string;
  readonly online: boolean;
}
