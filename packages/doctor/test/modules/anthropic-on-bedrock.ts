import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import { withPayi } from '@payi/anthropic';

export const client = withPayi(new AnthropicBedrock({ awsRegion: 'us-west-2' }));
