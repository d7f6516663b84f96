import { describe, expect, it } from 'vitest';
import { functionCallsOf } from './function-calls.ts';

const paris = { name: 'weather', arguments: '{"city":"Paris"}' };
const rome = { name: 'weather', arguments: '{"city":"Rome"}' };

describe('functionCallsOf()', () => {
  it.each<[string, unknown]>([
    [
      'OpenAI chat',
      {
        choices: [
          {
            message: {
              tool_calls: [
                { id: 'a', function: paris },
                { id: 'b', function: rome },
              ],
            },
          },
        ],
      },
    ],
    [
      'OpenAI chat, streamed',
      [
        {
          choices: [
            { index: 0, delta: { tool_calls: [{ index: 0, function: { name: 'weather', arguments: '' } }] } },
          ],
        },
        {
          choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{"city"' } }] } }],
        },
        { choices: [{ index: 0, delta: { tool_calls: [{ index: 1, function: rome }] } }] },
        {
          choices: [
            { index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: ':"Paris"}' } }] } },
          ],
        },
      ],
    ],
    [
      'Google',
      {
        candidates: [
          {
            content: {
              parts: [
                { text: 'Let me see.' },
                { functionCall: { name: 'weather', args: { city: 'Paris' } } },
                { functionCall: { name: 'weather', args: { city: 'Rome' } } },
              ],
            },
          },
        ],
      },
    ],
    [
      'Google, streamed',
      ['Paris', 'Rome'].map((city) => ({
        candidates: [{ content: { parts: [{ functionCall: { name: 'weather', args: { city } } }] } }],
      })),
    ],
    [
      'OpenAI responses',
      {
        output: [
          { type: 'reasoning' },
          { type: 'function_call', ...paris },
          { type: 'function_call', ...rome },
        ],
      },
    ],
    [
      'OpenAI responses, streamed',
      [
        { type: 'response.output_item.done', output_index: 0, item: { type: 'function_call', ...paris } },
        { type: 'response.output_item.done', output_index: 1, item: { type: 'function_call', ...rome } },
        { type: 'response.completed', response: { output: [{ type: 'function_call', ...paris }] } },
      ],
    ],
    [
      'Anthropic',
      {
        content: [
          { type: 'text', text: 'Let me see' },
          { type: 'tool_use', name: 'weather', input: { city: 'Paris' } },
          { type: 'tool_use', name: 'weather', input: { city: 'Rome' } },
        ],
      },
    ],
    [
      'Anthropic, streamed, from index 0 on',
      [
        {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'tool_use', name: 'weather', input: {} },
        },
        {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'input_json_delta', partial_json: '{"city":' },
        },
        {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'input_json_delta', partial_json: '"Paris"}' },
        },
        {
          type: 'content_block_start',
          index: 1,
          content_block: { type: 'tool_use', name: 'weather', input: {} },
        },
        {
          type: 'content_block_delta',
          index: 1,
          delta: { type: 'input_json_delta', partial_json: '{"city":"Rome"}' },
        },
      ],
    ],
    [
      'Converse',
      {
        output: {
          message: {
            content: [
              { text: 'Let me see' },
              { toolUse: { name: 'weather', input: { city: 'Paris' } } },
              { toolUse: { name: 'weather', input: { city: 'Rome' } } },
            ],
          },
        },
      },
    ],
    [
      'Converse, streamed',
      [
        {
          contentBlockStart: {
            contentBlockIndex: 0,
            start: { toolUse: { name: 'weather', toolUseId: 'a' } },
          },
        },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '{"city":' } } } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '"Paris"}' } } } },
        {
          contentBlockStart: {
            contentBlockIndex: 1,
            start: { toolUse: { name: 'weather', toolUseId: 'b' } },
          },
        },
        { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '{"city":"Rome"}' } } } },
      ],
    ],
  ])('finds those of %s', (_, response) => {
    expect(functionCallsOf(response)).toEqual([paris, rome]);
  });

  it('finds a call without arguments', () => {
    expect(functionCallsOf({ content: [{ type: 'tool_use', name: 'now' }] })).toEqual([{ name: 'now' }]);
    expect(
      functionCallsOf([
        { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', name: 'now' } },
      ]),
    ).toEqual([{ name: 'now' }]);
  });

  it.each([
    undefined,
    null,
    'text',
    7,
    {},
    [],
    [null, 1, 'x'],
    { choices: [null], output: 'x', content: [1] },
  ])('finds none in %j', (response) => {
    expect(functionCallsOf(response)).toEqual([]);
  });
});
