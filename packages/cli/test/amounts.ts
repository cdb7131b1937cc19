import test from 'ava';

import {bytesText, percentText, rateText, timeText} from '../src/amounts.ts';

const reads = test.macro({
  exec(t, text: string, expected: string) {
    t.is(text, expected);
  },
  title: (_, _text: string, expected: string) => `reads ${expected}`,
});
test(reads, bytesText(0), '0 B');
test(reads, bytesText(1536), '2 KiB');
test(reads, bytesText(200 * 1024 ** 2), '200 MiB');
test(reads, bytesText(1.5 * 1024 ** 3), '1.5 GiB');
test(reads, bytesText(2 * 1024 ** 4), '2.0 TiB');
test(reads, rateText(1.25 * 1024 ** 2), '1.3 MiB/s');
test(reads, rateText(118 * 1024 ** 2), '118 MiB/s');
test(reads, timeText(420), '0.4 s');
test(reads, timeText(9960), '10 s');
test(reads, timeText(200_000), '3 min 20 s');
test(reads, timeText(7_500_000), '2 h 5 min');
test(reads, percentText(0.999), '99 %');
test(reads, percentText(1.2), '100 %');
