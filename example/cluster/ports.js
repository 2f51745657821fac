const { once } = require('node:events');
const { connect, createServer } = require('node:net');

/** So many free ports of this machine, all different. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** @throws Error when somebody else has it */
async function requireFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening').catch(() => {
    throw new Error(`port ${port} is taken; name another one with PORT, or 0 for any`);
  });
  await once(server.close(), 'close');
}

/** Whether somebody takes connections there. */
async function isOpen(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

module.exports = { freePorts, isOpen, requireFree };
