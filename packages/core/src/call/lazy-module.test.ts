import { describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../settings/diagnostics.ts';
import { LazyModule } from './lazy-module.ts';

const load = () => Promise.resolve({ greet: (name: string) => Promise.resolve(`hello ${name}`) });
const greeter = ({ greet }: Awaited<ReturnType<typeof load>>) => greet;
const report = (diagnostic: Diagnostic): never => {
  throw new Error(diagnostic.message);
};
const alone = (): Promise<string> => Promise.resolve('hello nobody');

describe('a module that is loaded later', () => {
  it('is loaded with the first client, and once', async () => {
    const loads = vi.fn(load);
    const module = new LazyModule(loads);
    expect(loads).not.toHaveBeenCalled();
    module.prepare(greeter, report);
    module.prepare(greeter, report);
    expect(loads).toHaveBeenCalledOnce();
  });

  it('is waited for by the calls that come before it, in their order', async () => {
    let loaded = (): void => {};
    const module = new LazyModule(() => new Promise<void>((resolve) => (loaded = resolve)).then(load));
    const withGreet = module.prepare(greeter, report);
    const order: string[] = [];
    const call = (name: string) => withGreet((greet) => greet(name), alone).then((text) => order.push(text));
    const calls = [call('a'), call('b')];
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    loaded();
    await Promise.all(calls);
    expect(order).toEqual(['hello a', 'hello b']);
  });

  it('is there at once for later calls and for later clients', async () => {
    const module = new LazyModule(load);
    const withGreet = module.prepare(greeter, report);
    await withGreet((greet) => greet('a'), alone);
    const ran: string[] = [];
    const note = (name: string) => () => {
      ran.push(name);
      return Promise.resolve();
    };
    const first = withGreet(note('same client'), alone as never);
    const second = module.prepare(greeter, report)(note('another client'), alone as never);
    expect(ran).toEqual(['same client', 'another client']);
    await Promise.all([first, second]);
  });

  it('that cannot be loaded is done without, with a diagnostic for each call, and is tried again', async () => {
    const missing = new Error('Cannot find module ./call.js');
    const loads = vi.fn(load).mockRejectedValueOnce(missing).mockRejectedValueOnce(missing);
    const module = new LazyModule(loads);
    const diagnostics: Diagnostic[] = [];
    const withGreet = module.prepare(greeter, (diagnostic) => diagnostics.push(diagnostic));
    expect(await withGreet((greet) => greet('a'), alone)).toBe('hello nobody');
    await new Promise(setImmediate);
    expect(await withGreet((greet) => greet('b'), alone)).toBe('hello nobody');
    const diagnostic = { code: 'INTERNAL_FAULT', cause: missing };
    expect(diagnostics).toMatchObject([diagnostic, diagnostic]);
    expect(await withGreet((greet) => greet('c'), alone)).toBe('hello c');
    expect(await module.prepare(greeter, report)((greet) => greet('d'), alone)).toBe('hello d');
    expect(diagnostics).toHaveLength(2);
  });

  it('hands on what a call throws', async () => {
    const withGreet = new LazyModule(load).prepare(greeter, report);
    const error = new Error('refused');
    const refuse = () => Promise.reject(error);
    await expect(withGreet(refuse, alone)).rejects.toBe(error);
    await expect(withGreet(refuse, alone)).rejects.toBe(error);
  });
});
