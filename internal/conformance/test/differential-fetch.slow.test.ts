import { testDifferences } from '../src/differential.ts';
import { surfaces } from '../src/surfaces.ts';

testDifferences(surfaces.filter(({ name }) => !name.startsWith('Bedrock')));
