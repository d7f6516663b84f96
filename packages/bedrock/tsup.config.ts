import { library } from '../../tsup.library.ts';

export default library(['call-middleware', 'fetch-call'], ['index', 'adapter']);
