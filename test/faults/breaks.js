/** Mistakes that a later change could make: `npm run test:faults:breaks` must notice each of them, by its own finding. */
module.exports = [
  {
    name: 'reading from $ again',
    by: 'RESYNC in one life of the log',
    file: 'src/log/redis/redis-tail.ts',
    from: 'const from = [streamIdOf(this.reader.place),',
    to: "const from = [this.failures > 0 ? '$' : streamIdOf(this.reader.place),",
  },
  {
    name: 'no idempotence',
    by: 'log: entries twice',
    file: 'src/log/redis/append-script.ts',
    from: 'if number > 0 and last then',
    to: 'if false then',
  },
  {
    name: 'lineage from outside the script',
    by: 'log: epochs without a cause',
    file: 'src/log/redis/append-script.ts',
    from: "local run = string.match(info, 'run_id:(%w+)')",
    to: 'local run = ARGV[#ARGV]',
    and: [
      {
        file: 'src/log/redis/redis-appender.ts',
        from: 'evaluate(client, args.concat(encoded))',
        to: 'this.lineageOf(client).then((run) => evaluate(client, args.concat(encoded, run)))',
      },
      {
        file: 'src/log/redis/redis-appender.ts',
        from: '  private async attempt(',
        to: `  private lineage: string | undefined;

  private async lineageOf(client: RedisClient): Promise<string> {
    const { info } = client as unknown as { info(section: string): Promise<string> };
    return (this.lineage ??= /run_id:(\\w+)/.exec(await info.call(client, 'server'))![1]!);
  }

  private async attempt(`,
      },
    ],
  },
  {
    name: 'the stream emptied at a new epoch',
    by: 'log: emptied or trimmed too early',
    file: 'src/log/redis/append-script.ts',
    from: 'epoch, seq, begins = base, 0, true',
    to: "redis.pcall('DEL', LOG)\n  epoch, seq, begins = base, 0, true",
  },
  {
    name: 'local delivery before append',
    by: 'refused and sent',
    file: 'src/log/redis/redis-event-log.ts',
    from: '  append(batch: RecordBatch): Promise<readonly Position[]> {\n',
    to: `  append(batch: RecordBatch): Promise<readonly Position[]> {
    const { epoch, seq } = this.highWater.position;
    const records = batch.records.map((body, index) => {
      return { position: { epoch, seq: seq + index + 1 }, at: Date.now(), body };
    });
    for (const tail of this.tails) tail['follower'].onRecords(records);
`,
  },
];
