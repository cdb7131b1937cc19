import test from 'ava';

import {didYouMean, nearest} from '../src/index.ts';

const hosts = ['sunjammer', 'newhost', 'aslo-web1', 'aslo-web2', 'db'];
const finds = test.macro({
  exec(t, typed: string, meant: string | undefined) {
    t.is(nearest(typed, hosts), meant);
  },
  title: (situation, typed: string, meant: string | undefined) =>
    `${situation}: ${typed} is ${meant ?? 'nothing known'}`,
});
test('a letter left out', finds, 'sunjamer', 'sunjammer');
test('two letters swapped', finds, 'nwehost', 'newhost');
test('another case', finds, 'NEWHOST', 'newhost');
test('the beginning of a long name', finds, 'sun', 'sunjammer');
test('one digit off, the first in the list', finds, 'aslo-web3', 'aslo-web1');
test('something else', finds, 'mailserver', undefined);
test('a short word is not taken for another', finds, 'qx', undefined);

test('without a near one, what there is', t => {
  t.is(didYouMean('zzz', hosts, {what: 'host'}), 'Known: sunjammer, newhost, aslo-web1, aslo-web2, db');
  t.is(didYouMean('zzz', [], {what: 'host'}), 'There is no host yet');
});
