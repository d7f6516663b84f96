/**
 * Calls the `handler` of a module, as the runtime of a serverless function does, and prints what it returns.
 *
 * Arguments: the path of the module, and the event as JSON.
 */
import { pathToFileURL } from 'node:url';

const [, , file = '', event = ''] = process.argv;
const { handler } = (await import(pathToFileURL(file).href)) as {
  handler: (event: unknown, context: object) => unknown;
};
console.log(await handler(JSON.parse(event), { awsRequestId: 'local' }));
