import { AddressInfo, Server, Socket, connect, createServer } from 'node:net';

/** A TCP proxy before Redis, as a load balancer or a DNS name is one: it can lead elsewhere, cut, and fall silent. */
export class Door {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private connections = 0;

  private constructor(
    private readonly server: Server,
    private target: (connection: number) => number,
  ) {
    server.on('connection', (socket) => this.pass(socket));
  }

  static async open(port: number): Promise<Door> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Door(server, () => port);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** New connections go to this port: of each, by its number from 0 on. */
  lead(target: number | ((connection: number) => number)): void {
    this.target = typeof target === 'number' ? () => target : target;
  }

  /** Ends what is connected, with whatever is on its way. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  /** Lets go of no connection, and of no byte: what is connected is half open from here on. */
  freeze(): void {
    for (const pair of this.pairs) {
      for (const socket of pair) socket.unpipe().pause();
    }
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private pass(client: Socket): void {
    const server = connect(this.target(this.connections), '127.0.0.1');
    this.connections += 1;
    const pair = [client, server] as const;
    this.pairs.add(pair);
    for (const [one, other] of [pair, [server, client]] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.pairs.delete(pair);
      });
    }
  }
}
