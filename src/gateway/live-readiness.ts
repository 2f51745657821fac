import { Injectable } from '@nestjs/common';
import { LiveMessagesGateway } from './live-messages.gateway';

/** Whether a load balancer should send clients here: what the host's readiness probe asks. */
@Injectable()
export class LiveReadiness {
  constructor(private readonly gateway: LiveMessagesGateway) {}

  /** False until the endpoint takes connections, and from the moment the application begins to close. */
  get isReady(): boolean {
    return (
      this.gateway.stage === 'up' || (this.gateway.server === undefined && this.gateway.stage === 'starting')
    );
  }
}
