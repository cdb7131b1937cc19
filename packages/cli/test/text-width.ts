import test from 'ava';

import {textWidth} from '../src/text-width.ts';

test('a text takes as many columns as a terminal gives it', t => {
  t.is(textWidth(''), 0);
  t.is(textWidth('aslo-web1'), 9);
  t.is(textWidth('Zürich'), 6);
  t.is(textWidth('東京'), 4);
  t.is(textWidth('\u001B[31mred\u001B[39m'), 3);
});
