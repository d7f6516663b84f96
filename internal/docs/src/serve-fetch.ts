/**
 * Serves the default export of a module, an object with `fetch(request, environment, context)`, as an edge runtime does.
 *
 * Argument: the path of the module.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

interface Application {
  fetch(request: Request, environment: object, context: object): Response | Promise<Response>;
}

const [, , file = ''] = process.argv;
const { default: application } = (await import(pathToFileURL(file).href)) as { default: Application };

/** What has to be done before the runtime may stop. */
const pending: Promise<unknown>[] = [];
const context = {
  waitUntil: (promise: Promise<unknown>) => void pending.push(promise),
  passThroughOnException: () => {},
  props: {},
};

const server = createServer(async (incoming, outgoing) => {
  const { method = 'GET', url = '/' } = incoming;
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const body = await incoming.toArray();
  const request = new Request(new URL(url, 'http://localhost'), {
    method,
    headers,
    ...(body.length > 0 && { body: Buffer.concat(body) }),
  });
  const response = await application.fetch(request, process.env, context);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});
server.listen(0, '127.0.0.1');

await once(process, 'SIGTERM');
server.close();
await Promise.all(pending);
process.exit();
