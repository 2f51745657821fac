import 'reflect-metadata';
import { answer } from './answer';
import { ServerName } from './scenarios';
import { BareServer } from './servers/bare';
import { BenchServer } from './servers/bench-server';
import { OurServer } from './servers/ours';
import { SocketIoServer } from './servers/socket-io';
import { StockServer } from './servers/stock';
import { ServerProcess } from './server-role';

const MAKE: Readonly<Record<ServerName, () => BenchServer>> = {
  ours: () => new OurServer(),
  stock: () => new StockServer(),
  'socket.io': () => new SocketIoServer(),
  bare: () => new BareServer(),
};

answer(new ServerProcess(MAKE[process.argv[2] as ServerName]()));
