import { isText, type JsonRecord, record, records } from '../../usage/json.ts';

/** A tool that the model called. `arguments` is JSON. */
export interface FunctionCall {
  name: string;
  arguments?: string;
}

/**
 * Tool calls of an answer in the formats of OpenAI (chat, responses), Anthropic, Google and Bedrock's Converse.
 *
 * @param response - The body of an answer, or the list of events of a streamed answer.
 */
export function functionCallsOf(response: unknown): FunctionCall[] {
  if (!Array.isArray(response)) return callsInBody(record(response));
  const open = new Map<string, FunctionCall>();
  for (const event of records(response)) readEvent(event, open);
  return [...open.values()];
}

function callsInBody(body: JsonRecord): FunctionCall[] {
  const chat = records(body.choices).flatMap((choice) => {
    const message = record(choice.message);
    return [
      ...records(message.tool_calls).map((call) => record(call.function)),
      record(message.function_call),
    ];
  });
  const responses = records(body.output).filter(isFunctionItem);
  const anthropic = records(body.content).filter(isToolUse);
  const converse = records(record(record(body.output).message).content).map(({ toolUse }) => record(toolUse));
  return [...chat, ...responses, ...anthropic, ...converse, ...googleCalls(body)].flatMap(
    (call) => toCall(call) ?? [],
  );
}

/** A chunk of a stream has whole calls, too. */
function googleCalls({ candidates }: JsonRecord): JsonRecord[] {
  return records(candidates)
    .flatMap(({ content }) => records(record(content).parts))
    .map(({ functionCall }) => {
      const { name, args } = record(functionCall);
      return { name, input: args };
    });
}

/** A call comes in pieces: first its name, then the text of its arguments. */
function readEvent(event: JsonRecord, open: Map<string, FunctionCall>): void {
  for (const choice of records(event.choices)) {
    for (const call of records(record(choice.delta).tool_calls)) {
      const { name, arguments: piece } = record(call.function);
      extend(open, `${choice.index}/${call.index}`, name, piece);
    }
  }
  if (event.type === 'response.output_item.done') {
    const call = isFunctionItem(record(event.item)) ? toCall(record(event.item)) : undefined;
    if (call !== undefined) open.set(`item ${event.output_index}`, call);
  }
  for (const google of googleCalls(event)) {
    const call = toCall(google);
    if (call !== undefined) open.set(`${open.size}`, call);
  }
  const block = record(event.content_block);
  if (isToolUse(block)) extend(open, `block ${event.index}`, block.name, undefined);
  extend(open, `block ${event.index}`, undefined, record(event.delta).partial_json);
  const start = record(event.contentBlockStart);
  extend(open, `part ${start.contentBlockIndex}`, record(record(start.start).toolUse).name, undefined);
  const delta = record(event.contentBlockDelta);
  extend(open, `part ${delta.contentBlockIndex}`, undefined, record(record(delta.delta).toolUse).input);
}

function extend(open: Map<string, FunctionCall>, key: string, name: unknown, piece: unknown): void {
  const known = open.get(key);
  if (known === undefined && isText(name))
    open.set(key, { name, ...(isText(piece) && { arguments: piece }) });
  else if (known !== undefined && isText(piece)) known.arguments = (known.arguments ?? '') + piece;
}

function isFunctionItem({ type }: JsonRecord): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

function isToolUse({ type }: JsonRecord): boolean {
  return type === 'tool_use' || type === 'server_tool_use';
}

/** `arguments` is JSON, `input` a value. */
function toCall({ name, arguments: text, input }: JsonRecord): FunctionCall | undefined {
  if (!isText(name)) return undefined;
  if (typeof text === 'string') return { name, arguments: text };
  if (input === undefined) return { name };
  return { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) };
}
