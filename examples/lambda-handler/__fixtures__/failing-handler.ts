import type { Handler, StreamifyHandler } from 'aws-lambda';
import type { Ticket } from '../clients.ts';

export const handler: Handler<Ticket> = async () => {
  throw new RangeError('There is no such ticket.');
};

export const streamingHandler: StreamifyHandler<Ticket, void> = awslambda.streamifyResponse(
  async (_ticket, responseStream) => {
    responseStream.write('Your invoice');
    throw new RangeError('There is no such ticket.');
  },
);

export const endlessHandler: Handler<Ticket> = () => new Promise(() => setInterval(() => {}, 1000));
