/** Mistakes that a later change could make: the property test must notice each of them. */
module.exports = [
  {
    name: 'recipients decided at write time',
    file: 'src/hub/hub.ts',
    from: 'this.apply(series);\n      } catch',
    to: `if (series[0]!.body.kind !== 'event') this.apply(series);
        else queueMicrotask(() => (this.apply(series), this.delivery.flush()));
      } catch`,
  },
  {
    name: 'memberships taken only from the host',
    file: 'src/hub/user-memberships.ts',
    from: 'this.fences.correct(user.id, answer, askedAt, now)',
    to: 'new Set(answer)',
  },
  {
    name: 'the cursor advanced by a refresh',
    file: 'src/hub/delivery.ts',
    from: 'this.refreshes.add(connection, body.what, isAtOnce(user, at, body.actor));\n    });',
    to: `const { epoch, seq } = record.position;
      const json = JSON.stringify({ message_type: body.what, cursor: \`\${epoch}-\${seq}\` });
      this.outbox.add(connection, connection.isResumable ? textFrame(json) : REFRESH_FRAMES[body.what]);
    });`,
  },
  {
    name: 'HEARTBEAT with the head of the node',
    file: 'src/hub/hub.ts',
    from: "state.kind === 'live' ? this.window.head : state.from",
    to: 'this.window.head',
  },
  {
    name: 'the window trimmed without saying so',
    file: 'src/log/record-buffer.ts',
    from: 'place.epoch === this.before.epoch && place.seq >= this.before.seq',
    to: 'place.epoch === this.before.epoch',
  },
  {
    name: 'compaction before filtering',
    file: 'src/hub/handover.ts',
    from: 'return this.window',
    to: 'return compact(this.window.missedBy(user.id, user.topics, from)).filter((record) => this.isFor(user, record));\n    return this.window',
  },
  {
    name: 'the cursor of CONNECTED after the replay',
    file: 'src/hub/handover.ts',
    from: 'this.connected(connection, cursor, true);\n    this.delivery.past',
    to: 'this.connected(connection, this.window.head, true);\n    this.delivery.past',
  },
  {
    name: 'what lies between a left and the next join replayed',
    file: 'src/hub/recipients.ts',
    from: ' && !this.fences.bars(user.id, target.topic, position)',
    to: '',
  },
  {
    name: 'a kick on the way forgotten',
    file: 'src/hub/handover.ts',
    from: 'if (this.kicks.hitsAfter(',
    to: 'if (place.position.seq < 0 && this.kicks.hitsAfter(',
  },
  {
    name: 'a cursor ahead of the node taken for the head',
    file: 'src/hub/handover.ts',
    from: 'return this.waitFor(connection, cursor);',
    to: 'return this.resume(connection, head, user);',
  },
];
