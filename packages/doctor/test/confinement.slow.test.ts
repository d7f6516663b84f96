import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { diagnoseModule, keyForTests } from './run-doctor.ts';

/** An address of this machine that is not on the loopback interface: to the doctor, it is somewhere else. */
const outsideAddress = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.internal === false && one.family === 'IPv4')?.address;

/** Counts whatever arrives, by TCP and by UDP. */
async function startOutside(address: string) {
  let arrivals = 0;
  const server = http.createServer((_, response) => response.writeHead(418).end());
  server.on('connection', () => {
    arrivals += 1;
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const datagrams = dgram.createSocket('udp4');
  datagrams.on('message', () => {
    arrivals += 1;
  });
  datagrams.bind(port, address);
  await once(datagrams, 'listening');
  return {
    url: `http://${address}:${port}/`,
    arrivals: () => arrivals,
    [Symbol.asyncDispose]: async () => {
      datagrams.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.skipIf(outsideAddress === undefined)('nothing leaves the machine', () => {
  const module = fileURLToPath(new URL('modules/reaching-out.ts', import.meta.url));

  it.each(['proxy', 'headers'])(
    'when a client on route %s, pointed elsewhere, has its dry run',
    async (route) => {
      await using outside = await startOutside(outsideAddress as string);
      const environment = { TEST_OUTSIDE_URL: outside.url, TEST_ROUTE: route };
      const { finding, report } = await diagnoseModule('reaching-out.ts', [], environment);
      expect(finding('MODULE_CONNECTS') ?? finding('CALL_BEFORE_REGISTRATION')).toBeDefined();
      expect(report.client).toMatchObject({ exportName: 'client', route });
      expect(outside.arrivals()).toBe(0);
    },
  );

  it('which the same module does when nobody confines it', async () => {
    await using outside = await startOutside(outsideAddress as string);
    const { PATH = '' } = process.env;
    const child = new Promise<void>((resolve) => {
      const { spawn } = process.getBuiltinModule('node:child_process');
      const env = { PATH, TEST_OUTSIDE_URL: outside.url, PAYI_API_KEY: keyForTests };
      const credentials = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
      spawn(process.execPath, [module], { env: { ...env, ...credentials } }).once('close', () => resolve());
    });
    await child;
    await expect.poll(outside.arrivals).toBeGreaterThanOrEqual(3);
  });
});

/** Runs code in a process that is confined, and gives what it prints. */
function runConfined(code: string): string {
  const confine = new URL('../src/inside/confine-process.ts', import.meta.url).href;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `--import=${confine}`, '--input-type=module', '--eval', code],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return stdout.trim();
}

describe('a confined process', () => {
  it('reaches no other host by any of the ways that Node.js has', () => {
    const printed = runConfined(`
      import http from 'node:http'; import https from 'node:https'; import http2 from 'node:http2';
      import net from 'node:net'; import tls from 'node:tls'; import dns from 'node:dns'; import dgram from 'node:dgram';
      import { Worker } from 'node:worker_threads'; import { once } from 'node:events';
      const failure = (emitter) => once(emitter, 'error').then(([error]) => error.code);
      const of = (promise) => promise.then(() => 'reached', (error) => error.cause?.code ?? error.code);
      const host = 'example.invalid', address = '192.0.2.99';
      const results = {
        fetch: await of(fetch('https://' + host)),
        http: await failure(http.get('http://' + address)),
        https: await failure(https.get('https://' + host)),
        http2: await failure(http2.connect('https://' + host)),
        net: await failure(net.connect(80, address)),
        tls: await failure(tls.connect({ host, port: 443 })),
        lookup: await of(dns.promises.lookup(host)),
        resolve: await of(dns.promises.resolve4(host)),
        callback: await new Promise((resolve) => dns.lookup(host, (error) => resolve(error.code))),
        resolver: await of(new dns.promises.Resolver().resolveTxt(host)),
        udp: await new Promise((resolve) => {
          const socket = dgram.createSocket('udp4');
          socket.send('x', 9, address, (error) => { socket.close(); resolve(error?.code ?? 'reached'); });
        }),
        worker: (await once(new Worker(
          "fetch('https://example.invalid').catch((e) => process.getBuiltinModule('node:worker_threads').parentPort.postMessage(e.cause.code))",
          { eval: true }), 'message'))[0],
      };
      console.log(JSON.stringify(results));`);
    const results = JSON.parse(printed) as Record<string, string>;
    expect(new Set(Object.values(results))).toEqual(new Set(['PAYI_DOCTOR_REFUSED']));
    expect(Object.keys(results)).toHaveLength(12);
  });

  it('reaches servers on this machine', () => {
    const printed = runConfined(`
      import http from 'node:http'; import { once } from 'node:events'; import dns from 'node:dns';
      const server = http.createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address();
      const texts = [];
      for (const host of ['127.0.0.1', 'localhost']) texts.push(await (await fetch('http://' + host + ':' + port)).text());
      await dns.promises.lookup('localhost');
      server.closeAllConnections(); server.close();
      console.log(texts.join());`);
    expect(printed).toBe('here,here');
  });
});
