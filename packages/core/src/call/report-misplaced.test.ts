import { expect, it } from 'vitest';
import { createPayi } from '../settings/create-payi.ts';
import type { Diagnostic } from '../settings/diagnostics.ts';
import { resolvePayi } from '../settings/resolved-payi.ts';
import { reportMisplaced } from './annotate-call.ts';

it('finds annotations in the place of headers whenever they come, and tells of them once', () => {
  for (const before of [0, 99, 100, 1000]) {
    const heard: Diagnostic[] = [];
    const payi = resolvePayi(
      createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) }),
    );
    for (let call = 0; call < before; call += 1)
      reportMisplaced(payi, 'chat', new Headers({ accept: '*/*' }));
    expect(heard).toEqual([]);
    for (let call = 0; call < 200; call += 1) reportMisplaced(payi, 'chat', new Headers({ userId: 'u' }));
    expect(heard).toMatchObject([{ code: 'INVALID_HEADERS', operation: 'chat' }]);
  }
});
