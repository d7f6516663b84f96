import { describe, expect, it } from 'vitest';
import { readGoogleUsage } from './google-usage.ts';
import { toUnits } from './usage.ts';

const units = (usageMetadata: object): object => toUnits(readGoogleUsage({ usageMetadata }));

describe('readGoogleUsage()', () => {
  it('takes cached tokens out of the prompt, and keeps thoughts apart', () => {
    expect(
      units({
        promptTokenCount: 100,
        cachedContentTokenCount: 40,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 30,
        totalTokenCount: 150,
      }),
    ).toEqual({ text: { input: 60, output: 20 }, text_cache_read: { input: 40 }, reasoning: { output: 30 } });
  });

  it('counts each modality, a document as text', () => {
    expect(
      units({
        promptTokenCount: 1000,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 10 },
          { modality: 'DOCUMENT', tokenCount: 90 },
          { modality: 'IMAGE', tokenCount: 258 },
          { modality: 'AUDIO', tokenCount: 300 },
          { modality: 'VIDEO', tokenCount: 342 },
        ],
        cachedContentTokenCount: 350,
        cacheTokensDetails: [
          { modality: 'AUDIO', tokenCount: 100 },
          { modality: 'IMAGE', tokenCount: 150 },
          { modality: 'VIDEO', tokenCount: 100 },
        ],
        candidatesTokenCount: 1300,
        candidatesTokensDetails: [
          { modality: 'TEXT', tokenCount: 10 },
          { modality: 'IMAGE', tokenCount: 1290 },
        ],
      }),
    ).toEqual({
      text: { input: 100, output: 10 },
      vision: { input: 108 },
      vision_cache_read: { input: 150 },
      audio: { input: 200 },
      audio_cache_read: { input: 100 },
      video: { input: 242 },
      video_cache_read: { input: 100 },
      image: { output: 1290 },
    });
  });

  it('counts what the details leave out as text', () => {
    expect(
      units({
        promptTokenCount: 300,
        promptTokensDetails: [{ modality: 'IMAGE', tokenCount: 258 }],
        candidatesTokenCount: 5,
      }),
    ).toEqual({ text: { input: 42, output: 5 }, vision: { input: 258 } });
  });

  it('counts the results of tools as input', () => {
    expect(units({ promptTokenCount: 10, toolUsePromptTokenCount: 700, candidatesTokenCount: 5 })).toEqual({
      text: { input: 710, output: 5 },
    });
  });

  it('never counts below 0', () => {
    expect(units({ promptTokenCount: 3, cachedContentTokenCount: 4 })).toEqual({
      text: { input: 0 },
      text_cache_read: { input: 4 },
    });
  });

  it('replaces the counts of earlier chunks, and keeps them where a chunk has none', () => {
    const first = readGoogleUsage({ usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 1 } });
    const second = readGoogleUsage({ usageMetadata: { trafficType: 'ON_DEMAND' } }, first);
    expect(second).toEqual({ input: 8, output: 1 });
    expect(readGoogleUsage({ usageMetadata: { candidatesTokenCount: 9 } }, second)).toEqual({
      input: 8,
      output: 9,
    });
  });

  it('finds nothing in an answer without counts', () => {
    expect(units({})).toEqual({});
    expect(readGoogleUsage(undefined)).toEqual({});
  });
});
