import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createReporter, type Diagnostic } from './diagnostics.ts';

afterEach(() => vi.restoreAllMocks());

describe('createReporter()', () => {
  const unknownOption: Diagnostic = { code: 'UNKNOWN_OPTION', message: 'does not know "rout"' };
  const failed: Diagnostic = {
    code: 'CALLBACK_FAILED',
    message: 'a callback failed',
    cause: new Error('secret'),
  };

  it('hands every diagnostic to the hook and stays off the console', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const heard: Diagnostic[] = [];
    const report = createReporter((diagnostic) => heard.push(diagnostic));
    report(unknownOption);
    report(unknownOption);
    expect(heard).toEqual([unknownOption, unknownOption]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('warns on the console once for each code without a hook, without the cause', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const report = createReporter(undefined);
    report(unknownOption);
    report({ ...unknownOption, message: 'another' });
    report(failed);
    expect(warn.mock.calls).toEqual([
      ['[payi] UNKNOWN_OPTION: does not know "rout" (said once; pass onDiagnostic to createPayi for all)'],
      ['[payi] CALLBACK_FAILED: a callback failed (said once; pass onDiagnostic to createPayi for all)'],
    ]);
  });

  it('survives a hook that throws', () => {
    const report = createReporter(() => {
      throw new Error('hook');
    });
    expect(() => report(failed)).not.toThrow();
  });

  it('leaves no unhandled rejection behind when a hook rejects', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    try {
      createReporter(async () => {
        throw new Error('hook');
      })(failed);
      await turn();
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listener);
    }
  });

  it('survives a console that throws', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {
      throw new Error('closed');
    });
    expect(() => createReporter(undefined)(failed)).not.toThrow();
  });
});
