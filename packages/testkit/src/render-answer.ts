import type { BedrockAnswer } from './bedrock-answer.ts';
import { renderError } from './error-answer.ts';
import { invocationHeaders } from './invocation-metrics.ts';
import { eventBytes, renderEvents } from './render-events.ts';
import { type Call, renderText } from './render-text.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import { resolveUsage } from './token-usage.ts';

/** Turns a scripted answer of any kind into status, headers and bytes. */
export function renderAnswer(call: Call, answer: BedrockAnswer): RenderedAnswer {
  const content = renderContent(call, answer);
  return {
    ...content,
    headers: { ...content.headers, ...answer.headers },
    delayMs: answer.delayMs ?? 0,
    faults: answer.faults ?? {},
    ...(answer.pace && { pace: answer.pace }),
  };
}

function renderContent(
  call: Call,
  answer: BedrockAnswer,
): Pick<RenderedAnswer, 'status' | 'headers' | 'body'> {
  if ('error' in answer) return renderError(answer.error);
  if ('events' in answer) {
    return {
      status: 200,
      headers: {
        'content-type': 'application/vnd.amazon.eventstream',
        ...(call.operation === 'InvokeModelWithResponseStream' && {
          'x-amzn-bedrock-content-type': 'application/json',
        }),
      },
      body: renderEvents(answer, eventBytes),
    };
  }
  if ('json' in answer) {
    const usage = answer.usage && resolveUsage(answer.usage, { inputTokens: 0, outputTokens: 0 });
    const latencyMs = Math.max(0, Date.now() - call.receivedAt.getTime());
    return {
      status: answer.status ?? 200,
      headers: {
        'content-type': 'application/json',
        ...(usage && invocationHeaders(usage, latencyMs)),
      },
      body: Buffer.from(JSON.stringify(answer.json)),
    };
  }
  if ('bytes' in answer) {
    return {
      status: answer.status ?? 200,
      headers: { 'content-type': answer.contentType ?? 'application/octet-stream' },
      body: answer.bytes,
    };
  }
  return renderText(call, answer);
}
