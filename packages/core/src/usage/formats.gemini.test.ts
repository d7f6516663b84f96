import { describe, expect, it } from 'vitest';
import gemini from './__fixtures__/gemini.json' with { type: 'json' };
import geminiStream from './__fixtures__/gemini-stream.json' with { type: 'json' };
import { readGemini } from './readers.ts';

const usage = (usageMetadata: object): unknown => readGemini({ usageMetadata }).units;
const of = (modality: string, tokenCount: number): object => ({ modality, tokenCount });

describe('readGemini()', () => {
  it('counts prompt, cache, thoughts and answer apart', () => {
    expect(readGemini(gemini.body)).toEqual({
      units: {
        text: { input: 19588 - 18403, output: 69 },
        text_cache_read: { input: 18403 },
        reasoning: { output: 144 },
      },
      model: 'gemini-2.5-flash',
      providerResponseId: 'mVWcaLqXK4-NvdIPt9a4qA8',
      properties: { 'system.stop_reason': 'STOP' },
      hasContent: true,
      isLast: true,
    });
  });

  it('takes the last counts of a stream, and names its tools once', () => {
    expect(readGemini(geminiStream.body)).toEqual({
      units: {
        text: { input: 50, output: 12 },
        vision: { input: 258 },
        reasoning: { output: 84 },
      },
      model: 'gemini-2.5-flash',
      providerResponseId: 'r-1',
      toolCalls: ['get_weather'],
      properties: { 'system.stop_reason': 'STOP' },
      hasContent: true,
      isLast: true,
    });
  });

  it('knows content and the end of each chunk', () => {
    const readings = geminiStream.body.map((chunk) => readGemini(chunk));
    expect(readings.map(({ hasContent, isLast }) => [hasContent, isLast])).toEqual([
      [true, undefined],
      [true, undefined],
      [undefined, true],
    ]);
  });

  it('has a unit for each modality, of input, cache and output', () => {
    expect(
      usage({
        promptTokenCount: 1000,
        promptTokensDetails: [of('TEXT', 100), of('IMAGE', 200), of('AUDIO', 300), of('VIDEO', 400)],
        cachedContentTokenCount: 100,
        cacheTokensDetails: [of('TEXT', 10), of('IMAGE', 20), of('AUDIO', 30), of('VIDEO', 40)],
        candidatesTokenCount: 60,
        candidatesTokensDetails: [of('TEXT', 10), of('IMAGE', 20), of('AUDIO', 30)],
      }),
    ).toEqual({
      text: { input: 90, output: 10 },
      vision: { input: 180 },
      audio: { input: 270, output: 30 },
      video: { input: 360 },
      text_cache_read: { input: 10 },
      vision_cache_read: { input: 20 },
      audio_cache_read: { input: 30 },
      video_cache_read: { input: 40 },
      image: { output: 20 },
    });
  });

  it('names the class of service in the words of Vertex AI or of the Gemini API', () => {
    expect(readGemini({ usageMetadata: { trafficType: 'PROVISIONED_THROUGHPUT' } })).toEqual({
      serviceTier: 'PROVISIONED_THROUGHPUT',
    });
    expect(readGemini({ usageMetadata: { serviceTier: 'flex' } })).toEqual({ serviceTier: 'flex' });
  });

  it('counts searches with Google, which have no unit', () => {
    const groundingMetadata = { webSearchQueries: ['weather Bern', 'weather Basel'] };
    expect(readGemini({ candidates: [{ groundingMetadata }] }).billable).toEqual({ search_queries: 2 });
  });

  it('says why a prompt was refused', () => {
    expect(readGemini({ promptFeedback: { blockReason: 'SAFETY' } })).toEqual({
      properties: { 'system.stop_reason': 'SAFETY' },
      isLast: true,
    });
  });

  it('counts embeddings of both APIs', () => {
    const details = { promptTokenCount: 300, promptTokenDetails: [of('TEXT', 42), of('IMAGE', 258)] };
    expect(usage(details)).toEqual({ text: { input: 42 }, vision: { input: 258 } });
    const statistics = (token_count: number) => ({
      embeddings: { values: [1], statistics: { token_count } },
    });
    expect(
      readGemini({ predictions: [statistics(3), statistics(4)], metadata: { billableCharacterCount: 30 } }),
    ).toEqual({ units: { text: { input: 7 } }, billable: { characters: 30 } });
  });

  it('counts the pictures of Imagen, without those that were filtered out', () => {
    const predictions = [
      { bytesBase64Encoded: 'aGk=' },
      { gcsUri: 'gs://b/1.png' },
      { raiFilteredReason: 'no' },
    ];
    expect(readGemini({ predictions })).toEqual({ billable: { images: 2 } });
  });
});

/** What other instrumentations of Google have got wrong. */
describe('known faults of counting', () => {
  it('output of a model that is billed by tokens is not multiplied when it has no details', () => {
    expect(usage({ promptTokenCount: 8, candidatesTokenCount: 15 })).toEqual({
      text: { input: 8, output: 15 },
    });
  });

  it('candidates count although only the prompt has details', () => {
    expect(
      usage({ promptTokenCount: 8, promptTokensDetails: [of('TEXT', 8)], candidatesTokenCount: 15 }),
    ).toEqual({ text: { input: 8, output: 15 } });
  });

  it('details count although there is no sum', () => {
    expect(usage({ promptTokensDetails: [of('TEXT', 8), of('IMAGE', 258)] })).toEqual({
      text: { input: 8 },
      vision: { input: 258 },
    });
  });

  it('documents, and modalities that we do not know, are text', () => {
    expect(
      usage({
        promptTokenCount: 100,
        promptTokensDetails: [of('DOCUMENT', 60), of('SMELL', 30), of('TEXT', 10)],
      }),
    ).toEqual({ text: { input: 100 } });
  });

  it('results of tools are input, by their modality', () => {
    expect(
      usage({
        promptTokenCount: 10,
        toolUsePromptTokenCount: 300,
        toolUsePromptTokensDetails: [of('TEXT', 42), of('IMAGE', 258)],
        candidatesTokenCount: 5,
      }),
    ).toEqual({ text: { input: 52, output: 5 }, vision: { input: 258 } });
  });

  it('no count is negative, whatever the cache says', () => {
    expect(usage({ promptTokenCount: 10, cachedContentTokenCount: 30 })).toEqual({
      text: { input: 0 },
      text_cache_read: { input: 30 },
    });
  });

  it('thoughts alone are an answer', () => {
    expect(usage({ promptTokenCount: 10, thoughtsTokenCount: 100 })).toEqual({
      text: { input: 10 },
      reasoning: { output: 100 },
    });
  });
});
