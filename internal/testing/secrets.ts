/** A text as an error, a prompt or a header may quote it, and the part of it that nobody else may read. */
export interface QuotedSecret {
  readonly name: string;
  readonly text: string;
  readonly secret: string;
}

const digits = '0123456789abcdef';
const letters = 'Zt7QmX2vLp9RkB4wHn6YdC8sFj3GaE5uTqWi1oKzNxVyJrPbMhDgSfAeUcIlO0';
/** As many characters as a key of that kind has. No key of anybody. */
const hex = (length: number): string => digits.repeat(9).slice(3, 3 + length);
const word = (length: number): string => letters.repeat(3).slice(0, length);

/** Keys by the provider that issues them. */
const keys: Readonly<Record<string, string>> = {
  OpenAI: `sk-${word(48)}`,
  'OpenAI, of a project': `sk-proj-${word(40)}_${word(20)}-${word(20)}`,
  'OpenAI, of a service account': `sk-svcacct-${word(60)}`,
  Anthropic: `sk-ant-api03-${word(60)}-${word(30)}AA`,
  'Anthropic, OAuth': `sk-ant-oat01-${word(60)}`,
  OpenRouter: `sk-or-v1-${hex(64)}`,
  'DeepSeek and Moonshot': `sk-${hex(32)}`,
  Langfuse: 'sk-lf-01234567-89ab-cdef-0123-456789abcdef',
  'AWS, access key id': `AKIA${'Q7ZT'.repeat(4)}`,
  'AWS, temporary access key id': `ASIA${'Q7ZT'.repeat(4)}`,
  'Bedrock, long-term': `ABSK${word(40)}+${word(60)}=`,
  'Bedrock, short-term': `bedrock-api-key-${word(80)}`,
  'Google, API key': `AIza${word(20)}-_${word(13)}`,
  'Google, OAuth token': `ya29.a0${word(40)}.${word(20)}`,
  Groq: `gsk_${word(52)}`,
  xAI: `xai-${word(60)}`,
  Perplexity: `pplx-${word(48)}`,
  'Hugging Face': `hf_${'abcdefghijklmnopqrstuvwxyzABCDEFGH'}`,
  Replicate: `r8_${word(37)}`,
  Fireworks: `fw_${word(24)}`,
  NVIDIA: `nvapi-${word(30)}-_${word(30)}`,
  Cerebras: `csk-${word(48)}`,
  Databricks: `dapi${hex(32)}-2`,
  ElevenLabs: `sk_${hex(48)}`,
  Together: `tgp_v1_${word(43)}`,
  Voyage: `pa-${word(43)}`,
  Jina: `jina_${hex(32)}${word(20)}`,
  Zhipu: `${hex(32)}.${word(16)}`,
  LangSmith: `lsv2_pt_${hex(32)}_${hex(10)}`,
  Tavily: `tvly-dev-${word(32)}`,
  Pinecone: `pcsk_${word(6)}_${word(60)}`,
  GitHub: `ghp_${word(36)}`,
  'GitHub, fine-grained': `github_pat_${word(22)}_${word(59)}`,
  GitLab: `glpat-${word(20)}`,
  Slack: `xoxb-1234567890-${word(24)}`,
  npm: `npm_${word(36)}`,
  Stripe: `sk_live_${word(24)}`,
  SendGrid: `SG.${word(22)}.${word(43)}`,
};

/** Keys without a mark of their own, which only the words around them give away. */
const named: readonly (readonly [name: string, text: (secret: string) => string, secret: string])[] = [
  ['Azure, in a header', (secret) => `api-key: ${secret}`, hex(32)],
  ['Mistral, in the environment', (secret) => `MISTRAL_API_KEY=${secret}`, word(32)],
  ['Cohere, in the words of a provider', (secret) => `Incorrect API key provided: ${secret}.`, word(40)],
  [
    'AWS, secret access key in a file',
    (secret) => `aws_secret_access_key = ${secret}`,
    `${word(30)}/${word(9)}`,
  ],
  [
    'AWS, secret access key in JSON',
    (secret) => `{"secretAccessKey": "${secret}"}`,
    `${word(30)}+${word(9)}`,
  ],
  ['AWS, session token', (secret) => `x-amz-security-token:${secret}`, `IQoJb3JpZ2luX2Vj${word(100)}`],
  ['AWS, signature', (secret) => `Credential=A/b/c, SignedHeaders=host, Signature=${secret}`, hex(64)],
  ['JSON inside a text', (secret) => `{\\"client_secret\\":\\"${secret}\\"}`, word(40)],
  ['connection string', (secret) => `Server=db;User Id=sa;Password=${secret};Encrypt=true`, 'Sw0rdf1sh!x'],
  ['storage account', (secret) => `AccountName=a;AccountKey=${secret};EndpointSuffix=b`, `${word(86)}==`],
  ['bearer token', (secret) => `Authorization: Bearer ${secret}`, word(24)],
  ['basic authorization', (secret) => `Basic ${secret}`, 'YWxhZGRpbjpvcGVuc2VzYW1l'],
  ['another scheme', (secret) => `authorization: Token ${secret}`, hex(40)],
  ['cookie', (secret) => `cookie: theme=dark; sid=${secret}`, 's%3Aabcdefgh.ijkl'],
  ['cookie of an answer', (secret) => `Set-Cookie: sid=${secret}; HttpOnly`, 'abcdefghijkl'],
  ['signed URL', (secret) => `https://b.s3.amazonaws.com/a?X-Amz-Date=1&X-Amz-Signature=${secret}`, hex(64)],
  [
    'shared access signature',
    (secret) => `https://b.blob.core.windows.net/a?sv=2024&sig=${secret}`,
    'aB%2Fc%3D',
  ],
  ['key in a URL', (secret) => `https://g.example/v1beta/models/m:generateContent?key=${secret}`, hex(20)],
  [
    'JSON Web Token',
    (secret) => `token ${secret} expired`,
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${word(43)}`,
  ],
  [
    'private key',
    (secret) => `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`,
    word(64),
  ],
  ['private key, cut', (secret) => `-----BEGIN PRIVATE KEY-----\\n${secret}`, word(64)],
];

const schemes = [
  ...[
    'http',
    'https',
    'postgres',
    'postgresql',
    'mysql',
    'redis',
    'rediss',
    'mongodb',
    'mongodb+srv',
    'amqp',
    'amqps',
  ],
  ...['ftp', 'sftp', 'ssh', 'socks5', 'mqtt', 'nats', 'smtp', 'ldap', 'git+https'],
];

/** What must leave the process by no side path: in no receipt, event, diagnostic, error, report, journal or file. */
export const quotedSecrets: readonly QuotedSecret[] = [
  ...Object.entries(keys).map(([name, secret]) => ({ name, text: `key ${secret} is not valid`, secret })),
  ...named.map(([name, text, secret]) => ({ name, text: text(secret), secret })),
  ...schemes.flatMap((scheme) => [
    {
      name: scheme,
      text: `cannot reach ${scheme}://app:s3cr3tPassw0rd@db.example:1/x`,
      secret: 's3cr3tPassw0rd',
    },
    { name: `${scheme}, @ in it`, text: `"${scheme}://:p@ss:w@rd@db/x"`, secret: 'p@ss' },
  ]),
];

/** All of them, one a line. */
export const everySecret: string = quotedSecrets.map(({ text }) => text).join('\n');

/** Names of the secrets of which a part can be read in a text. */
export function secretsIn(text: string): string[] {
  // In the JSON of an event, quotes and line ends are escaped.
  return quotedSecrets.filter(({ secret }) => text.includes(secret.slice(-12))).map(({ name }) => name);
}
