import { GoogleGenAI } from '@google/genai';
import { receiptOf } from '@payi/core';
import { describe, expect, it, vi } from 'vitest';
import { openStage, question, readAll } from './stage.ts';

const stage = openStage();

describe('the first call of a process', () => {
  it('sends the parameters as they were when it began, and has its receipt', async () => {
    // As in a new process: what calls need is not loaded yet.
    vi.resetModules();
    const { withPayi } = await import('../src/index.ts');
    const plain = new GoogleGenAI(stage.google.clientConfig);
    for (const client of [plain, withPayi(plain, stage.create({ route: 'direct' }))]) {
      const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }];
      const begun = client.models.generateContentStream({ model: question.model, contents });
      await Promise.resolve();
      contents.push({ role: 'model', parts: [{ text: 'Hello to you' }] });
      const stream = await begun;
      await readAll(stream);
      expect(receiptOf(stream)?.outcome).toBe(client === plain ? undefined : 'complete');
    }
    const [bare, observed] = stage.requests().map(({ body }) => String(body));
    expect(observed).toBe(bare);
  });
});
