export const answer = 42;
export class Service {}
export function deleteEverything() {
  process.exit(66);
}
export const failing = () => {
  throw new TypeError('no database');
};
export const control = { config: { serviceId: 'Bedrock' }, middlewareStack: { add() {} } };
