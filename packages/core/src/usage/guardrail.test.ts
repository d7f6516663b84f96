import { describe, expect, it } from 'vitest';
import converseGuardrail from './__fixtures__/converse-guardrail.json' with { type: 'json' };
import invokeModelGuardrail from './__fixtures__/invoke-model-guardrail.json' with { type: 'json' };
import { readConverse, readConverseEvent } from './converse.ts';
import { readGuardrail } from './guardrail.ts';
import { nothing } from './reading.ts';

describe('readGuardrail()', () => {
  it('adds up input and output assessments of every guardrail, all as input', () => {
    expect(readGuardrail(invokeModelGuardrail.body)).toEqual({
      units: {
        guardrail_topic: { input: 15 },
        guardrail_content: { input: 1 },
        guardrail_content_image: { input: 1 },
        guardrail_word_free: { input: 1 },
        guardrail_automated_reasoning: { input: 1 },
        guardrail_sensitive_information: { input: 1 },
        guardrail_sensitive_information_free: { input: 1 },
        guardrail_contextual_grounding: { input: 2 },
      },
      properties: {
        'system.failure': 'INTERVENED',
        'system.failure.description': 'An Amazon Bedrock guardrail intervened in this call.',
        'system.aws.bedrock.guardrail.action': 'INTERVENED',
      },
    });
  });

  it('reads the trace and the stop reason of Converse', () => {
    expect(readConverse(converseGuardrail.body)).toEqual({
      total: 0,
      units: {
        text: { input: 0, output: 0 },
        guardrail_topic: { input: 3 },
        guardrail_content: { input: 2 },
        guardrail_word_free: { input: 1 },
      },
      properties: {
        'system.stop_reason': 'guardrail_intervened',
        'system.failure': 'guardrail_intervened',
        'system.failure.description': 'An Amazon Bedrock guardrail intervened in this call.',
        'system.aws.bedrock.guardrail.action': 'guardrail_intervened',
      },
    });
  });

  it('reads the trace in the metadata of ConverseStream, and the intervention in its messageStop', () => {
    const { trace, usage } = converseGuardrail.body;
    expect(readConverseEvent({ metadata: { usage, trace } }).units).toMatchObject({
      guardrail_topic: { input: 3 },
    });
    expect(
      readConverseEvent({ messageStop: { stopReason: 'guardrail_intervened' } }).properties,
    ).toMatchObject({
      'system.failure': 'guardrail_intervened',
    });
  });

  it('counts a guardrail that let the call pass, which is no failure', () => {
    const input = { gr1: { invocationMetrics: { usage: { topicPolicyUnits: 2 } } } };
    const trace = { guardrail: { input } };
    expect(
      readGuardrail({ 'amazon-bedrock-guardrailAction': 'NONE', 'amazon-bedrock-trace': trace }),
    ).toEqual({
      units: { guardrail_topic: { input: 2 } },
    });
  });

  it('knows of an intervention without a trace', () => {
    const { units, properties } = readGuardrail({ 'amazon-bedrock-guardrailAction': 'INTERVENED' });
    expect(units).toBeUndefined();
    expect(properties).toMatchObject({ 'system.failure': 'INTERVENED' });
  });

  it('says nothing where no guardrail was', () => {
    expect(readGuardrail({ stopReason: 'end_turn', trace: { promptRouter: {} } })).toBe(nothing);
  });
});
