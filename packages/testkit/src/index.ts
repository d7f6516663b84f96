export { type ListenOptions, listen, type RunningServer, type ServerHandler, type ServerRequest, type ServerResponse } from './listen.ts';
