import test from 'ava';
import {bindsToConnection} from '../src/long-calls.ts';

test('a domain ends with the connection that started it only where it is to', t => {
  t.true(bindsToConnection('DOMAIN_CREATE_XML', {xmlDesc: '<domain/>', flags: 3}));
  t.false(bindsToConnection('DOMAIN_CREATE_XML', {xmlDesc: '<domain/>', flags: 1}));
  t.false(bindsToConnection('DOMAIN_CREATE_XML', {xmlDesc: '<domain/>'}));
  t.false(bindsToConnection('DOMAIN_DEFINE_XML_FLAGS', {xml: '<domain/>', flags: 2}));
});
