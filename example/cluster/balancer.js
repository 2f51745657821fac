const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Part } = require('./part');

/** nginx before the nodes, on this machine alone; docs/deploy.md has one for a real place. */
function startBalancer({ program, dir, port, nodePorts }) {
  const folder = join(dir, 'nginx');
  mkdirSync(folder, { mode: 0o711 });
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configOf({ folder, port, nodePorts }));
  const part = new Part('nginx', {
    command: program,
    args: ['-p', folder, '-c', config, '-e', 'stderr'],
    logFile: join(dir, 'nginx.log'),
  });
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok;
  return { part, isReady };
}

const configOf = ({ folder, port, nodePorts }) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; "" close; }
  upstream nodes {
    zone nodes 64k;
    least_conn;
${nodePorts.map((nodePort) => `    server 127.0.0.1:${nodePort} fail_timeout=1s;`).join('\n')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_next_upstream error timeout http_503;
    }
  }
}
`;

module.exports = { startBalancer };
