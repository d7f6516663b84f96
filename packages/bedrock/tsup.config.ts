import { library } from '../../tsup.library.ts';

export default library(['call-middleware', 'fetch-call', 'send-to-payi'], ['index', 'adapter']);
