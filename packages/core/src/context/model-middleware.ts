import type { Annotations } from '../annotations/annotations.ts';

/** The part of a call that the AI SDK shows to middleware, and that is used here. */
interface ModelCall {
  readonly params: { readonly providerOptions?: Readonly<Record<string, unknown>> | undefined };
}

/** Middleware for the models of the Vercel AI SDK, by shape: it is not imported. */
export interface ModelMiddleware {
  /** What the AI SDK's types ask for since version 6. Later versions take it, too. */
  readonly specificationVersion: 'v3';
  /** Wraps a call for a whole answer. */
  wrapGenerate<Result>(call: ModelCall & { doGenerate(): PromiseLike<Result> }): Promise<Result>;
  /** Wraps a call for a stream. */
  wrapStream<Result>(call: ModelCall & { doStream(): PromiseLike<Result> }): Promise<Result>;
  /** Wraps a call for embeddings. */
  wrapEmbed<Result>(call: ModelCall & { doEmbed(): PromiseLike<Result> }): Promise<Result>;
}

/** @param track - Annotates what runs inside. */
export function modelMiddleware(
  track: <Result>(annotations: Annotations, fn: () => Result) => Result,
): ModelMiddleware {
  const annotate = async <Result>({ params }: ModelCall, run: () => PromiseLike<Result>): Promise<Result> => {
    const annotations = params.providerOptions?.payi as Annotations | undefined;
    return annotations === undefined ? run() : track(annotations, run);
  };
  return {
    specificationVersion: 'v3',
    wrapGenerate: (call) => annotate(call, () => call.doGenerate()),
    wrapStream: (call) => annotate(call, () => call.doStream()),
    wrapEmbed: (call) => annotate(call, () => call.doEmbed()),
  };
}
