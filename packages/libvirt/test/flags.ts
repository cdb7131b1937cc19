import test from 'ava';
import {statsFlags, undefineFlags} from '../src/domain/domain-flags.ts';
import {domainState} from '../src/domain/domain-state.ts';
import {lifecycleDetail} from '../src/events/lifecycle.ts';
import {flagBits, nameOf, numberOf} from '../src/flags.ts';

test('names become bits', t => {
  t.is(flagBits(undefineFlags, []), 0);
  t.is(flagBits(undefineFlags, ['managed-save', 'nvram', 'nvram']), 5);
});

test('the highest bit stays positive, as the wire wants it', t => {
  t.is(flagBits(statsFlags, ['active', 'enforce-stats']), 0x8000_0001);
});

test('a name that is in no table is refused with those that are', t => {
  t.throws(() => flagBits(undefineFlags, ['toString' as 'nvram']), {
    instanceOf: TypeError,
    message: /^There is no flag toString; choose from managed-save, /,
  });
});

test('a number newer than the client keeps its number', t => {
  t.is(nameOf(['a', 'b'], 7), 'unknown-7');
  t.deepEqual(domainState(3, 5), {state: 'paused', reason: 'ioerror'});
  t.deepEqual(domainState(9, 1), {state: 'unknown-9', reason: 'unknown-1'});
  t.is(lifecycleDetail(5, 3), 'migrated');
  t.is(lifecycleDetail(5, 77), 'unknown-77');
});

test('a name becomes its number', t => {
  t.is(numberOf(['a', 'b'], 'b'), 1);
  t.throws(() => numberOf(['a', 'b'], 'c' as 'b'), {instanceOf: TypeError});
});
