import test from 'ava';

import {durationMs} from '../src/index.ts';

const means = test.macro({
  exec(t, text: string, ms: number | undefined) {
    t.is(durationMs(text), ms);
  },
  title: (_, text: string, ms: number | undefined) =>
    `${JSON.stringify(text)} is ${ms === undefined ? 'no duration' : `${ms} ms`}`,
});
test(means, '15m', 900_000);
test(means, '500ms', 500);
test(means, '1h30m', 5_400_000);
test(means, '1m500ms', 60_500);
test(means, '2w', 1_209_600_000);
test(means, '', undefined);
test(means, '15', undefined);
test(means, '15 m', undefined);
test(means, '30m1h', undefined);
test(means, '-5s', undefined);
