import { formatReader } from './answer-format.ts';
import { guardrailUsage } from './formats.ts';
import { type JsonRecord, record } from './json.ts';
import { nothing, type Reading } from './reading.ts';

const readUsages = /* @__PURE__ */ formatReader({ usages: guardrailUsage });

/**
 * Reads what guardrails counted and whether they intervened, from the body of InvokeModel, its closing chunk, the output
 * of Converse, or the event `messageStop` or `metadata` of ConverseStream.
 *
 * Adds up the assessments of the prompt and of the answer by every guardrail. They are in the trace, which an answer has
 * only if the request asked for it.
 */
export function readGuardrail(body: unknown): Reading {
  const root = record(body);
  const { guardrail } = record(root['amazon-bedrock-trace'] ?? root.trace);
  const action = intervention(root['amazon-bedrock-guardrailAction']) ?? intervention(root.stopReason);
  if (guardrail === undefined && action === undefined) return nothing;
  const { input, outputs, inputAssessment, outputAssessments } = record(guardrail);
  const usages: JsonRecord[] = [];
  // The deepest is `outputs`: a list of records of lists.
  collectUsages({ input, outputs, inputAssessment, outputAssessments }, 4, usages);
  const reading = readUsages({ usages });
  if (action === undefined) return reading;
  return {
    ...reading,
    properties: {
      'system.failure': action,
      'system.failure.description': 'An Amazon Bedrock guardrail intervened in this call.',
      'system.aws.bedrock.guardrail.action': action,
    },
  };
}

/** How InvokeModel and Converse say that a guardrail intervened. */
function intervention(action: unknown): string | undefined {
  return action === 'INTERVENED' || action === 'guardrail_intervened' ? action : undefined;
}

function collectUsages(value: JsonRecord, depth: number, usages: JsonRecord[]): void {
  const { usage } = record(value.invocationMetrics);
  if (usage !== undefined) usages.push(record(usage));
  else if (depth > 0) for (const name in value) collectUsages(record(value[name]), depth - 1, usages);
}
