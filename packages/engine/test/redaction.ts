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

for (const form of ['base64', 'base64url', 'hex'] as const) {
  test(`a secret is replaced in ${form}`, t => {
    // Its bytes read differently in both alphabets.
    const secret = '??>>~~ü?>~';
    t.notRegex(new Redaction([secret]).text(`x ${Buffer.from(secret).toString(form)} y`), /Pz8|3f3f/u);
  });
}

test('a secret is replaced as it stands in JSON', t => {
  const secret = 'say "hunter2"\\n';
  t.is(new Redaction([secret]).text(JSON.stringify({a: secret})), '{"a":"[secret]"}');
});

test('whether plain data holds a secret is told, and nothing is changed', t => {
  t.true(new Redaction(['hunter2hunter2']).finds({a: [{b: 'x hunter2hunter2'}]}));
  t.false(new Redaction(['hunter2hunter2']).finds({a: 'hunter'}));
  t.false(new Redaction().finds({a: 'b'}));
});
