import test from 'ava';

import {Redaction} from '../src/redaction.ts';

test('a secret is replaced wherever it stands, encoded too', t => {
  const redaction = new Redaction(['s3cret/word']);
  const basic = Buffer.from('s3cret/word').toString('base64');
  t.is(
    redaction.text(`a s3cret/word b ${encodeURIComponent('s3cret/word')} c ${basic}`),
    `a [secret] b [secret] c ${basic.includes('=') ? '[secret]=' : '[secret]'}`,
  );
});

test('every line of a key is a secret', t => {
  const redaction = new Redaction(['-----BEGIN KEY-----\nabcdefgh\nijklmnop\n']);
  t.is(redaction.text('saw ijklmnop there'), 'saw [secret] there');
});

test('a short secret is replaced where it stands alone, and eats nothing else', t => {
  t.is(new Redaction(['abc']).text('abc abcd "abc"'), '[secret] abcd "[secret]"');
});

test('the longer of two secrets wins', t => {
  t.is(new Redaction(['password', 'password-two']).text('password-two'), '[secret]');
});

test('plain data is redacted in its keys and all the way down', t => {
  const redaction = new Redaction(['hunter2hunter2']);
  t.deepEqual(redaction.plain({a: [{'hunter2hunter2!': 'x hunter2hunter2'}], n: 1}), {
    a: [{'[secret]!': 'x [secret]'}],
    n: 1,
  } as never);
});

test('an empty secret is none', t => {
  t.is(new Redaction(['', ' ']).text('a b'), 'a b');
});
