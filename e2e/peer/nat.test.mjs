// Two peers, each behind a NAT of its own, in network namespaces that this test makes: they talk over a third.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { PAPO, run } from '../lib/programs.mjs';

const tag = `papo${process.pid}`;
const [open, natA, natB, homeA, homeB] = ['o', 'a', 'b', 'x', 'y'].map((end) => `${tag}${end}`);
const all = [open, natA, natB, homeA, homeB];
const state = mkdtempSync(join(tmpdir(), 'papo-nat-'));

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
const within = (place, ...words) => ip('netns', 'exec', place, ...words);

/** A cable between two places, with an address at each end. */
function cable(one, oneEnd, oneAddress, other, otherEnd, otherAddress) {
  ip('-n', one, 'link', 'add', oneEnd, 'type', 'veth', 'peer', 'name', otherEnd, 'netns', other);
  for (const [place, end, address] of [[one, oneEnd, oneAddress], [other, otherEnd, otherAddress]]) {
    if (address) ip('-n', place, 'addr', 'add', address, 'dev', end);
    ip('-n', place, 'link', 'set', end, 'up');
  }
}

before(() => {
  for (const place of all) {
    ip('netns', 'add', place);
    ip('-n', place, 'link', 'set', 'lo', 'up');
  }
  // The open network is a switch with the public machine at it.
  ip('-n', open, 'link', 'add', 'switch', 'type', 'bridge');
  ip('-n', open, 'addr', 'add', '198.51.100.1/24', 'dev', 'switch');
  ip('-n', open, 'link', 'set', 'switch', 'up');
  for (const [nat, home, number] of [[natA, homeA, 11], [natB, homeB, 12]]) {
    cable(open, `to${number}`, '', nat, 'out', `198.51.100.${number}/24`);
    ip('-n', open, 'link', 'set', `to${number}`, 'master', 'switch');
    cable(nat, 'in', '10.7.0.1/24', home, 'eth', '10.7.0.2/24');
    ip('-n', home, 'route', 'add', 'default', 'via', '10.7.0.1');
    within(nat, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    within(nat, 'iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', '10.7.0.0/24', '-o', 'out', '-j', 'MASQUERADE');
    // What was not asked for does not come in.
    within(nat, 'iptables', '-A', 'FORWARD', '-i', 'out', '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'DROP');
  }
});

// Also when the runner ends this file before its time, which no hook hears of.
process.on('exit', () => {
  for (const place of all) {
    try {
      ip('netns', 'del', place);
    } catch {
      // It was never made.
    }
  }
  rmSync(state, { recursive: true, force: true });
});

const papo = (place, ...words) =>
  run('ip', ['netns', 'exec', place, 'env', `XDG_STATE_HOME=${state}`, PAPO, ...words, '--json', '--lang', 'en']);

test('two peers behind NATs talk through a third', async () => {
  const rendezvous = papo(open, 'rendezvous', '--listen', '198.51.100.1:5000', '--ephemeral');
  await rendezvous.out.until('"event":"ready"');
  const peer = async (place, name) => {
    const started = papo(place, 'peer', name, '--rendezvous', '198.51.100.1:5000');
    await started.out.until('"state":"registered"');
    return started;
  };
  const relay = await peer(open, 'relay@CIC');
  const ana = await peer(homeA, 'ana@CIC');
  const bia = await peer(homeB, 'bia@CIC');
  await ana.out.until(/"neighbor_up","peer_id":"relay@CIC"/);
  await bia.out.until(/"neighbor_up","peer_id":"relay@CIC"/);

  ana.say('/msg bia daqui de casa\n');
  await bia.out.until(/"src":"ana@CIC".*"payload":"daqui de casa".*"verified":true.*"via":"relay@CIC"/);
  await ana.out.until(/"delivered".*"dst":"bia@CIC"/);
  bia.say('/pub #CIC todos me ouvem\n');
  await ana.out.until(/"src":"bia@CIC".*"payload":"todos me ouvem"/);
  await relay.out.until('todos me ouvem');
  assert.equal(ana.out.count(/"neighbor_up","peer_id":"bia@CIC"/g), 0, 'there is no way between them');

  for (const one of [ana, bia, relay]) {
    one.say('/quit\n');
    assert.equal(await one.ended, 0);
  }
});
