import { Injectable } from '@nestjs/common';
import { JwtConnectionGuard, Principal, UpgradeRequest } from 'nestjs-live-messages';

/** Lets nobody through until the test says so. */
@Injectable()
export class HeldGuard extends JwtConnectionGuard {
  private readonly held: (() => void)[] = [];
  private readonly waiting: (() => void)[] = [];

  override async authenticate(request: UpgradeRequest): Promise<Principal> {
    const principal = await super.authenticate(request);
    await new Promise<void>((resolve) => {
      this.held.push(resolve);
      for (const wake of this.waiting.splice(0)) wake();
    });
    return principal;
  }

  /** Resolves with what lets the next one through, as soon as it is held. */
  async next(): Promise<() => void> {
    while (this.held.length === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.held.shift()!;
  }
}
