import type { ErrorAnswer } from '../../bedrock-answer.ts';
import { operations } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFacts, outcomeOf } from '../compare-facts.ts';
import { describeValue, type Facts } from '../describe-value.ts';

const errors: readonly ErrorAnswer['error'][] = [
  { type: 'AccessDeniedException' },
  { type: 'ConflictException' },
  { type: 'InternalServerException' },
  { type: 'ModelErrorException', members: { originalStatusCode: 418, resourceName: 'model' } },
  { type: 'ModelNotReadyException' },
  { type: 'ModelTimeoutException' },
  { type: 'ResourceNotFoundException' },
  { type: 'ServiceQuotaExceededException' },
  { type: 'ServiceUnavailableException' },
  { type: 'ThrottlingException', members: { unknownMember: { kept: true } } },
  { type: 'ValidationException', message: 'línea\n"zwei" – 三' },
  { type: 'FromTheFutureException', status: 418 },
  { type: 'FromTheFutureException', status: 599 },
];

/** Compares the errors that AWS answers: class, name, message, `$metadata`, `$fault` and every other member. */
export const exceptions: Check = {
  name: 'exceptions',
  run: (stage) =>
    compareFacts(
      stage,
      () => ({ server: { answer: ({ modelId }) => errorAnswer(errors[Number(modelId)]) } }),
      async ({ client }) => {
        const facts: Facts = [];
        for (const index of errors.keys()) {
          for (const { name, call } of operations) {
            const { error } = await outcomeOf(() => call(client, { modelId: String(index) }));
            facts.push(...describeValue(error, `${name}, ${errors[index]?.type}`, stage.options));
          }
        }
        return facts;
      },
    ),
};

function errorAnswer(error: ErrorAnswer['error'] | undefined): ErrorAnswer | undefined {
  return error && { error: { message: `scripted ${error.type}`, ...error } };
}
