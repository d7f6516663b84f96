import { formatReader } from './answer-format.ts';
import { guardrailUsage } from './formats.ts';
import { isText, type JsonRecord, record } from './json.ts';
import { mergeReadings, nothing, type Reading } from './reading.ts';

const readUsages = /* @__PURE__ */ formatReader({ usages: guardrailUsage });

/**
 * Reads what guardrails counted and whether they intervened, from the body of InvokeModel, a chunk of its stream, the
 * output of Converse, the event `messageStop` or `metadata` of ConverseStream, or the output of ApplyGuardrail.
 *
 * Adds up the assessments of the prompt and of the answer by every guardrail. They are in the trace, which an answer has
 * only if the request asked for it.
 */
export function readGuardrail(body: unknown): Reading {
  const root = record(body);
  const { guardrail } = record(root['amazon-bedrock-trace'] ?? root.trace);
  const said = root['amazon-bedrock-guardrailAction'];
  const action = intervention(said) ?? intervention(root.stopReason) ?? intervention(root.action);
  if (guardrail === undefined && said === undefined && action === undefined) return nothing;
  const { input, outputs, inputAssessment, outputAssessments } = record(guardrail);
  const usages: JsonRecord[] = [];
  // The deepest is `outputs`: a list of records of lists.
  collectUsages({ input, outputs, inputAssessment, outputAssessments }, 4, usages);
  const reading = usages.length > 0 ? readUsages({ usages }) : { uses: 'guardrail' };
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

/** How InvokeModel, Converse and ApplyGuardrail say that a guardrail intervened. */
function intervention(action: unknown): string | undefined {
  return isText(action) && /^(guardrail_)?intervened$/i.test(action) ? action : undefined;
}

function collectUsages(value: JsonRecord, depth: number, usages: JsonRecord[]): void {
  const { usage } = record(value.invocationMetrics);
  if (usage !== undefined) usages.push(record(usage));
  else if (depth > 0) for (const name in value) collectUsages(record(value[name]), depth - 1, usages);
}

/** Reads the output of ApplyGuardrail. Its total has the units of all assessments. */
export function readAppliedGuardrail(output: unknown): Reading {
  return mergeReadings(readGuardrail(output), readUsages({ usages: record(output).usage }));
}
