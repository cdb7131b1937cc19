import test from 'ava';
import * as fc from 'fast-check';
import {stringify} from 'yaml';

import {EstateError, type Mistake, parseEstate} from '../src/index.ts';
import {wholeEstate} from './fixtures/estate-text.ts';

function mistakesIn(text: string): readonly Mistake[] {
  try {
    parseEstate(text);
  } catch (error) {
    if (error instanceof EstateError) return error.mistakes;
    throw error;
  }
  return [];
}

function places(text: string): string[] {
  return mistakesIn(text).map(({line, column, path}) => `${line}:${column} ${path}`);
}

test('a whole estate is read as it is meant', t => {
  const {name, sites, hosts, lanes, services} = parseEstate(wholeEstate);
  t.is(name, 'sugarlabs');
  t.deepEqual(sites, ['mit', 'colo']);
  t.deepEqual(hosts[0], {
    name: 'sunjammer',
    uri: 'qemu+ssh://root@sunjammer/system',
    peerUri: 'qemu+tls://sunjammer.mit.example/system',
    site: 'mit',
    fence: {
      agent: 'fence_ipmilan',
      options: {ip: '10.0.0.201', username: 'dr'},
      secrets: {password: {env: 'SUNJAMMER_BMC'}},
    },
    lanes: {disk: 3, net: 1, migrations: 4},
  });
  t.deepEqual(lanes, {disk: 2, net: 2, migrations: 4});
  t.is(services[0]?.rpoMs, 900_000);
  t.is(services[0]?.rtoMs, 5_400_000);
  t.deepEqual(services[0]?.domains[2], {name: 'aslo-web2', after: [], addresses: {}});
  t.deepEqual(services[0]?.checks[0], {
    http: 'http://{{ aslo-proxy.public }}/en-US/sugar/',
    expect: {status: 200, contains: 'Activities'},
    withinMs: 120_000,
  });
});

test('a host is reached by others as by dr, unless dr.yaml says otherwise', t => {
  const [, newhost] = parseEstate(wholeEstate).hosts;
  t.is(newhost?.peerUri, 'qemu+ssh://root@newhost/system');
});

test('every mistake is told at its line and column, in the order of the file', t => {
  const text = `estate: sugarlabs
sitess: {}
sites: {mit: {}}
hosts:
  sunjammer:
    uri: qemu+ssh://root@sunjammer/system
    site: mitt
    lanes: {disk: two}
  newhost: {urii: x}
services:
  aslo:
    rpo: 15 minutes
    domains: {}
    checks:
      - {http: 'http://x/', expect: {status: ok}}
`;
  t.deepEqual(places(text), [
    '2:1 sitess',
    '7:11 hosts.sunjammer.site',
    '8:19 hosts.sunjammer.lanes.disk',
    '9:12 hosts.newhost.uri',
    '9:13 hosts.newhost.urii',
    '12:10 services.aslo.rpo',
    '15:46 services.aslo.checks.0.expect.status',
  ]);
});

test('a caret stands under the place, and the message has all of it', t => {
  const error = t.throws(() => parseEstate('estate: x\nhosts: {}\nlaness: {disk: 1}\n'), {instanceOf: EstateError});
  t.true(
    error.message.includes(
      'dr.yaml:3:1 laness: unknown key "laness"\n  3 | laness: {disk: 1}\n    | ^^^^^^\n  Did you mean lanes?',
    ),
  );
});

const hinted = test.macro({
  exec(t, text: string, path: string, hint: string) {
    const mistake = mistakesIn(text).find(found => found.path === path);
    t.is(mistake?.hint, hint);
  },
  title: situation => `a hint helps with ${situation}`,
});

const hosts = 'estate: x\nhosts: {sunjammer: {uri: "qemu:///system"}}\n';
test(
  'a mistyped site',
  hinted,
  `${hosts.replace('}}', ', site: colp}}')}sites: {colo: {}}`,
  'hosts.sunjammer.site',
  'Did you mean colo?',
);
test(
  'a mistyped host',
  hinted,
  `${hosts}pools: {vms: {sunjamer: images}}`,
  'pools.vms.sunjamer',
  'Did you mean sunjammer?',
);
test(
  'an unknown key in a list',
  hinted,
  `${hosts}services: {a: {domains: {b: }, checks: [{htp: x}]}}`,
  'services.a.checks.0.htp',
  'Did you mean http?',
);
test(
  'a number as text',
  hinted,
  `${hosts}pools: {vms: {sunjammer: 7}}`,
  'pools.vms.sunjammer',
  'Write it in quotes: "7"',
);
test('a missing URI', hinted, 'estate: x\nhosts: {a: {}}', 'hosts.a.uri', 'Add uri: qemu+ssh://root@HOST/system');
test(
  'a mistyped domain',
  hinted,
  `${hosts}services: {a: {domains: {aslo-db: , web: {after: [asl-db]}}}}`,
  'services.a.domains.web.after.0',
  'Did you mean aslo-db?',
);
test(
  'an unknown network',
  hinted,
  `${hosts}networks: {public: {}}\nservices: {a: {domains: {b: {addresses: {pubic: {}}}}}}`,
  'services.a.domains.b.addresses.pubic',
  'Did you mean public?',
);
test('a tab', hinted, 'estate: x\nhosts:\n\ta: {}\n', '', 'Indent with spaces');
test('an empty file', hinted, '# nothing\n', '', 'Have it written: dr init URI...');

const refused = test.macro({
  exec(t, text: string, message: string) {
    t.true(
      mistakesIn(text).some(mistake => mistake.message.includes(message)),
      JSON.stringify(mistakesIn(text)),
    );
  },
  title: situation => `refuses ${situation}`,
});
test(
  'domains that wait for each other',
  refused,
  `${hosts}services: {a: {domains: {b: {after: [c]}, c: {after: [b]}}}}`,
  'these wait for each other: b after c after b',
);
test(
  'services that wait for each other',
  refused,
  `${hosts}services: {a: {after: [d], domains: {b: }}, d: {after: [a], domains: {c: }}}`,
  'these wait for each other: b after c after b',
);
test(
  'a domain in two services',
  refused,
  `${hosts}services: {a: {domains: {b: }}, d: {domains: {b: }}}`,
  'b belongs to a already',
);
test(
  'one machine as two hosts',
  refused,
  'estate: x\nhosts: {a: {uri: "qemu:///system"}, b: {uri: "qemu:///system"}}',
  'a has the same URI',
);
test(
  'an address outside its subnet',
  refused,
  `${hosts}networks: {n: {sunjammer: {libvirt: br0, subnet: 10.0.0.0/24}}}\nservices: {a: {domains: {b: {addresses: {n: {sunjammer: 10.0.1.5}}}}}}`,
  '10.0.1.5 is not in 10.0.0.0/24',
);
test(
  'a gateway outside its subnet',
  refused,
  `${hosts}networks: {n: {sunjammer: {libvirt: br0, subnet: 10.0.0.0/24, gateway: 10.0.1.1}}}`,
  '10.0.1.1 is not in 10.0.0.0/24',
);
test('no host at all', refused, 'estate: x\nhosts: {}', 'there is no host');
test('the same key twice', refused, `${hosts}estate: y`, 'map keys must be unique');
test('what is no YAML', refused, 'estate: [x', 'flow sequence');
test('two documents', refused, `${hosts}---\n${hosts}`, 'multiple documents');

const hidden = test.macro({
  exec(t, fence: string, uri?: string) {
    const text = `estate: x\nhosts: {a: {uri: "${uri ?? 'qemu:///system'}", fence: {agent: f, ${fence}}}, b: {urii: x}}\n`;
    const error = t.throws(() => parseEstate(text), {instanceOf: EstateError});
    t.regex(error.message, /dr\.yaml lies in git|named by env, file or command/u);
    t.false(error.message.includes('hunter2'));
  },
  title: situation => `never shows ${situation}`,
});
test('a secret that is written out', hidden, 'secrets: {password: hunter2}');
test('a secret in a reference that is none', hidden, 'secrets: {password: {value: hunter2}}');
test('a secret among the options', hidden, 'options: {passwd: hunter2}');
test('a password in a URI', hidden, 'options: {}', 'qemu+ssh://root:hunter2@a/system');

test('a secret is not shown with a mistake of spelling on its line', t => {
  const line = 'a: {uri: "qemu+ssh://root:hunter2@a/system", fence: {agent: f, secrets: {password: hunter2';
  for (const end of [', password: "hunter2 too"}}}}', '}}} }} x: 1', ' ] x']) {
    const error = t.throws(() => parseEstate(`estate: x\nhosts: {${line}${end}\n`), {instanceOf: EstateError});
    t.regex(error.message, /password: \*+/u);
    t.false(error.message.includes('hunter2'), error.message);
  }
});

const hides = test.macro({
  exec(t, secrets: string) {
    const lines = ['estate: x', 'hosts:', '  a:', '    uri: qemu:///system', '    fence:', '      agent: f'];
    const text = [...lines, '      secrets:', `        ${secrets}`, ''].join('\n');
    const error = t.throws(() => parseEstate(text), {instanceOf: EstateError});
    t.false(error.message.includes('ter2'), error.message);
  },
  title: what => `hides all of a secret: ${String(what)}`,
});
test('with a comma', hides, 'password: @hun,ter2');
test('with a comma and a space', hides, 'password: @hun, ter2');
test('with a comma, in quotes', hides, 'password: "hun,ter2" x');
test('with a brace, in quotes', hides, "password: 'hun}ter2' x");
test('with an escape, in quotes', hides, String.raw`password: "\q\",ter2"`);
test('in quotes between braces', hides, '{password: "hun,ter2", password: b}');
test('in simple quotes between braces', hides, "{password: 'hun}ter2', password: b}");
test('in quotes that are not closed', hides, '{password: "hun,ter2');
test('after a tag', hides, '{password: !x "hun,ter2", password: b}');
test('that looks like an alias', hides, 'password: *hunter2');

test('a mistake beside a secret is shown with its line', t => {
  const text = 'estate: x\nhosts: {a: {uri: "qemu+ssh://root:hun/t@r2@a/system", token: "hun,ter2", urii: x}}\n';
  const error = t.throws(() => parseEstate(text), {instanceOf: EstateError});
  t.regex(error.message, /"qemu\+ssh:\/\/root:\*{8}@a\/system", token: \*{10}, urii: x\}\}/u);
});

test('an alias without its anchor is named', t => {
  t.regex(mistakesIn('estate: *later\n')[0]?.message ?? '', /Unresolved alias.*: later/u);
});

test('an anchor is followed, and a bomb of them is refused', t => {
  t.is(parseEstate('estate: x\nhosts: {a: &a {uri: "qemu:///system"}}\nlanes: &l {disk: 1}\n').lanes.disk, 1);
  const levels = Array.from(
    {length: 12},
    (_, level) =>
      `k${level}: &k${level} [${
        level === 0
          ? 'x'
          : Array(9)
              .fill(`*k${level - 1}`)
              .join(', ')
      }]`,
  );
  t.is(mistakesIn(levels.join('\n'))[0]?.hint, 'Write the values out');
});

test('whatever stands in the file, only an EstateError comes of it', t => {
  const keys = fc.constantFrom(
    'estate',
    'sites',
    'hosts',
    'networks',
    'services',
    'domains',
    'after',
    'uri',
    'fence',
    'secrets',
    'checks',
    '__proto__',
    'a',
    'b',
    '',
  );
  const {value} = fc.letrec<{value: unknown}>(tie => ({
    value: fc.oneof(
      {depthSize: 'small'},
      fc.constantFrom(null, true, 1, 'a', 'qemu:///system', '15m', [], {}),
      fc.string(),
      fc.array(tie('value'), {maxLength: 3}),
      fc.dictionary(keys, tie('value'), {maxKeys: 4}),
    ),
  }));
  const texts = fc.oneof(
    fc.string({unit: 'binary'}),
    value.map(tree => stringify(tree)),
    fc.constant(wholeEstate).chain(cut),
  );
  fc.assert(
    fc.property(texts, text => {
      for (const {line, column, hint} of mistakesIn(text)) {
        if (line < 1 || column < 1 || hint === '') return false;
      }
      return true;
    }),
    {numRuns: 500},
  );
  t.pass();
});

/** The whole estate with a piece of it replaced. */
function cut(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.nat(text.length),
      fc.nat(30),
      fc.constantFrom('', '\n', ': ', '{', '[', '- ', '&a ', '*a', '"', '#', '\t', '? ', '!!map ', '<<: '),
    )
    .map(([from, length, put]) => text.slice(0, from) + put + text.slice(from + length));
}

test('a name that would be passed over is refused, wherever it stands', t => {
  const host = '{uri: "qemu:///system"}';
  t.deepEqual(places(`estate: e\nhosts:\n  a: ${host}\n  __proto__: {uri: "qemu+ssh://b/system"}\n`), [
    '4:3 hosts.__proto__',
  ]);
  const service = `estate: e\nhosts:\n  a: ${host}\nservices:\n  web:\n    domains:\n      w: {}\n      __proto__: {}\n`;
  t.true(places(service).includes('8:7 services.web.domains.__proto__'));
});
