import { findServer, isAzureRequest, proxiedAddress } from '../../../packages/openai/src/address.ts';
import { markdownTable } from './markdown-table.ts';

/** A server with OpenAI's interface: a base URL of it, and how its usage differs. */
type Server = readonly [name: string, baseUrl: string, usage?: string];

const servers: readonly Server[] = [
  ['OpenAI', 'https://api.openai.com/v1'],
  ['Azure OpenAI', 'https://my-team.openai.azure.com/openai/deployments/team-a'],
  ['xAI', 'https://api.x.ai/v1', 'reasoning beside the completion; `cost_in_usd_ticks`'],
  ['DeepSeek', 'https://api.deepseek.com', '`prompt_cache_hit_tokens`'],
  ['Kimi', 'https://api.moonshot.ai/v1', 'of a stream in its choice; `cached_tokens`'],
  ['Gemini', 'https://generativelanguage.googleapis.com/v1beta/openai', 'thinking in the total alone'],
  [
    'Vertex AI',
    'https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi',
    'reasoning beside the completion',
  ],
  ['Mistral', 'https://api.mistral.ai/v1'],
  ['Groq', 'https://api.groq.com/openai/v1', 'of a stream in `x_groq`'],
  ['OpenRouter', 'https://openrouter.ai/api/v1', '`cost`; searches'],
  ['Perplexity', 'https://api.perplexity.ai', '`cost`; searches; reasoning beside the total'],
  ['Together', 'https://api.together.xyz/v1'],
  ['Fireworks', 'https://api.fireworks.ai/inference/v1'],
  ['Cohere', 'https://api.cohere.ai/compatibility/v1'],
  ["Vercel's gateway", 'https://ai-gateway.vercel.sh/v1', '`cost`'],
  ['Databricks on AWS', 'https://my.cloud.databricks.com/serving-endpoints', 'cache members of Claude'],
  ['Databricks on Azure', 'https://adb-1.1.azuredatabricks.net/serving-endpoints', 'the same'],
  ['Databricks on Google', 'https://1.1.gcp.databricks.com/serving-endpoints', 'the same'],
  ["Bedrock's OpenAI interface", 'https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1'],
  ['Bedrock Mantle', 'https://bedrock-mantle.us-east-1.api.aws/v1'],
  ['LiteLLM', 'http://localhost:4000', 'cache members of Claude'],
  ['vLLM', 'http://localhost:8000/v1'],
  ['Ollama', 'http://localhost:11434/v1'],
];

function rowOf([name, base, usage = "as OpenAI's"]: Server): readonly string[] {
  const address = { base, operation: 'chat/completions', query: '' };
  const isAzure = isAzureRequest(address, new Headers());
  const known = findServer(base);
  const proxied = proxiedAddress(address, 'https://pay-i', 'm', isAzure);
  const [, proxy] = /\/(proxy\/[^/]+)/.exec(proxied?.url ?? '') ?? [];
  return [
    name,
    `\`${base}\``,
    `\`${isAzure ? 'system.azureopenai' : (known?.category ?? 'system.openai')}\``,
    proxy === undefined ? 'to the server, unknown to Pay-i' : `through \`${proxy}\``,
    known?.countsUnasked === true ? 'come unasked' : 'are asked for',
    usage,
  ];
}

/** The servers, as the adapter knows them. */
export const serverTable: string = markdownTable(
  ['server', 'base URL, for example', 'category', 'on route `proxy`', 'counts of a chat stream', 'usage'],
  servers.map(rowOf),
);
