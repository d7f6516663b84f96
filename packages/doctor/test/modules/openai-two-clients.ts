import { withPayi } from '@payi/openai';
import { OpenAI } from 'openai';

export const bare = new OpenAI();
export default withPayi(bare);
