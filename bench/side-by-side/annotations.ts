import type { Annotations } from '@payi/core';

/** Who a call is for. All but the user is the same for every call of an application. */
export function annotationsOf(userId: string): Annotations {
  return {
    useCaseName: 'text_generation',
    userId,
    limitIds: ['monthly_budget', 'team_budget'],
    requestTags: ['bedrock', 'claude'],
  };
}

/** The same as a literal, as one would write it by hand. */
export function headersByHand(userId: string): Record<string, string> {
  return {
    'xProxy-UseCase-Name': 'text_generation',
    'xProxy-User-ID': userId,
    'xProxy-Limit-IDs': 'monthly_budget,team_budget',
    'xProxy-Request-Tags': 'bedrock,claude',
  };
}
