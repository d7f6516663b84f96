import { count, record } from './json.ts';
import { nothing, type Reading, toReading } from './reading.ts';

/** Bedrock's name of a counter → Pay-i's name of the unit. */
const unitNames: Readonly<Record<string, string>> = {
  topicPolicyUnits: 'guardrail_topic',
  contentPolicyUnits: 'guardrail_content',
  contentPolicyImageUnits: 'guardrail_content_image',
  wordPolicyUnits: 'guardrail_word_free',
  automatedReasoningPolicyUnits: 'guardrail_automated_reasoning',
  sensitiveInformationPolicyUnits: 'guardrail_sensitive_information',
  sensitiveInformationPolicyFreeUnits: 'guardrail_sensitive_information_free',
  contextualGroundingPolicyUnits: 'guardrail_contextual_grounding',
};

/**
 * Reads what guardrails counted and whether they stepped in, from the body of InvokeModel, its closing chunk, the output
 * of Converse, or the event `messageStop` or `metadata` of ConverseStream.
 *
 * All assessments are added up, of the prompt and of the answer, of every guardrail, and all as `input`: AWS charges a
 * text unit the same on both sides, and `input` is where Pay-i prices it. Counts are in the trace, which an answer has
 * only if the request asked for it.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailTraceAssessment.html
 */
export function readGuardrail(body: unknown): Reading {
  const root = record(body);
  const { guardrail } = record(root['amazon-bedrock-trace'] ?? root.trace);
  const action = actions.find(
    (word) => word === root['amazon-bedrock-guardrailAction'] || word === root.stopReason,
  );
  if (guardrail === undefined && action === undefined) return nothing;
  const units: Record<string, { input: number }> = {};
  for (const member of ['input', 'outputs', 'inputAssessment', 'outputAssessments']) {
    // The deepest is `outputs`: a list of records of lists.
    addAssessments(units, record(guardrail)[member], 3);
  }
  return toReading({
    units,
    properties: action && {
      'system.failure': action,
      'system.failure.description': 'An Amazon Bedrock guardrail intervened in this call.',
      'system.aws.bedrock.guardrail.action': action,
    },
  });
}

/** How InvokeModel and Converse say that a guardrail stepped in. */
const actions = ['INTERVENED', 'guardrail_intervened'] as const;

function addAssessments(units: Record<string, { input: number }>, value: unknown, depth: number): void {
  const { usage } = record(record(value).invocationMetrics);
  if (usage === undefined) {
    if (depth > 0)
      for (const member of Object.values(record(value))) addAssessments(units, member, depth - 1);
    return;
  }
  for (const [member, name] of Object.entries(unitNames)) {
    const used = count(record(usage)[member]);
    const sum = count((units[name]?.input ?? 0) + (used ?? 0));
    if (used && sum) units[name] = { input: sum };
  }
}
