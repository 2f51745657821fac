import 'reflect-metadata';
import { redisEventLog } from 'nestjs-live-messages/redis';
import { answer } from '../answer';
import { ServerProcess } from '../server-role';
import { BenchServer } from '../servers/bench-server';
import { OurServer } from '../servers/ours';
import { SocketIoServer } from '../servers/socket-io';
import { NodeName } from './scenarios';
import { StreamsIoAdapter } from './streams-io-adapter';

const MAKE: Readonly<Record<NodeName, (url: string) => BenchServer>> = {
  ours: (url) => new OurServer(redisEventLog({ url })),
  'socket.io': (url) => new SocketIoServer((app) => new StreamsIoAdapter(app, url)),
};

const [, , name, url] = process.argv;

answer(new ServerProcess(MAKE[name as NodeName](url!)));
