import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { SpanKind, trace } from '@opentelemetry/api';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders, createPayi, isLimitReached } from '@payi/core';
import { otel } from '@payi/otel';

const modelId = process.env.BEDROCK_MODEL_ID ?? 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const ask = (text: string) => ({ modelId, messages: [{ role: 'user' as const, content: [{ text }] }] });

/** Three calls of one request: a whole answer, a stream that its reader leaves, and a call that a limit may block. */
export async function weeklyReport(limitId: string): Promise<void> {
  const payi = createPayi({ plugins: [otel({ attributes: ['useCaseName', 'useCaseStep', 'limitIds'] })] });
  const bedrock = new BedrockRuntimeClient();
  registerBedrockClientCallbacks(bedrock, ['Converse', 'ConverseStream'], { payi });
  const step = (useCaseStep: string, limitIds: string[] = []) => ({
    extraHeaders: createHeaders({ useCaseName: 'report_writer', useCaseStep, limitIds }),
  });

  // Any span that is active becomes the parent, for example that of the web server
  await trace
    .getTracer('example')
    .startActiveSpan('GET /report', { kind: SpanKind.SERVER }, async (request) => {
      await bedrock.send(new ConverseCommand({ ...ask('Outline a weekly report.'), ...step('outline') }));

      const { stream } = await bedrock.send(
        new ConverseStreamCommand({ ...ask('Write its first paragraph.'), ...step('write') }),
      );
      for await (const event of stream ?? []) if (event.contentBlockDelta) break;

      try {
        for (const name of ['title', 'subtitle']) {
          await bedrock.send(new ConverseCommand({ ...ask(`Find a ${name}.`), ...step(name, [limitId]) }));
        }
      } catch (error) {
        if (!isLimitReached(error)) throw error;
        console.log('The report has no subtitle: the budget is used up.');
      }
      request.end();
    });
  await payi.close();
}
