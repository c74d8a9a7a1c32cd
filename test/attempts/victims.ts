// What stands around a sandbox that it must not reach: this machine, an address outside, another sandbox's network, home and
// name server. And a container that nothing protects, in which the same attempts get through.

import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import type Docker from 'dockerode'

/** What inside.sh is told: where everything is, seen from where it runs. */
export type Told = Readonly<Record<string, string>>

export type Victims = {
  /** To a sandbox, whose own proxy is known by its environment. */
  readonly toSandbox: (proxy: { readonly inside: string; readonly outside: string }) => Told
  readonly toControl: Told
  /** Names that the name server was asked for. */
  readonly asked: () => Promise<string>
  /** The unprotected container; takes the folder that stands in for the sandbox's. */
  readonly control: (root: string) => Promise<string>
}

const metadata = '169.254.169.254'

/** Answers anybody by TCP, and resolves every name, which it notes down. */
const victimScript = String.raw`
use Socket; use IO::Select; $| = 1;
socket(my $tcp, PF_INET, SOCK_STREAM, 0); setsockopt($tcp, SOL_SOCKET, SO_REUSEADDR, 1);
bind($tcp, sockaddr_in(4716, INADDR_ANY)) or die; listen($tcp, 50);
socket(my $udp, PF_INET, SOCK_DGRAM, 0); bind($udp, sockaddr_in(53, INADDR_ANY)) or die;
my $both = IO::Select->new($tcp, $udp); my @open; print "ready\n";
while (my @ready = $both->can_read) { for my $s (@ready) {
  if ($s == $tcp) { accept(my $c, $tcp); push @open, $c; next }
  my $from = recv($udp, my $q, 512, 0); my ($at, @labels) = (12);
  while (my $n = ord substr $q, $at, 1) { push @labels, substr $q, $at + 1, $n; $at += $n + 1 }
  print "asked ", join(".", @labels), "\n";
  my $question = substr $q, 12, $at - 12 + 5; my $is4 = unpack("n", substr $question, -4, 2) == 1;
  send($udp, substr($q, 0, 2) . pack("n5", 0x8180, 1, $is4, 0, 0) . $question
    . ($is4 ? pack("n2 n N n a4", 0xc00c, 1, 1, 60, 4, inet_aton("192.0.2.200")) : ""), 0, $from);
} }`

/** This machine, as it answers on a port of all its addresses. */
export type Machine = { readonly port: string; readonly close: () => Promise<void> }

export async function listenHere(): Promise<Machine> {
  const server = createServer((socket) => {
    // A proxy that lets everybody through to everywhere.
    socket.once('data', () => socket.end('HTTP/1.1 200 Connection established\r\n\r\n'))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  return {
    port: String((server.address() as AddressInfo).port),
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function makeVictims(
  docker: Docker,
  { scope, image, mark, port }: { scope: string; image: string; mark: string; port: string },
): Promise<Victims> {
  const labels = { 'dev.sbx.scope': scope }
  const open = `sbx_${scope}-open`
  const home = `sbx_${scope}-neighbour-home`
  const [outside, other] = await Promise.all([
    createOutside(docker, labels),
    docker.createNetwork({ Name: `attempts-${scope}-limited`, Internal: true, Labels: labels }),
    docker.createVolume({ Name: home, Labels: labels }),
  ])
  const container = await docker.createContainer({
    ...{ name: `attempts-${scope}-victim`, Image: image, User: '0:0', Labels: labels, Entrypoint: ['sh', '-c'] },
    Cmd: ['printf %s "$0" >/home/agent/secret && exec perl -e "$1"', mark, victimScript],
    HostConfig: { NetworkMode: open, Mounts: [{ Type: 'volume', Source: home, Target: '/home/agent' }] },
    NetworkingConfig: { EndpointsConfig: { [open]: { Aliases: ['private.attempts.test'] } } },
  })
  for (const network of [outside.network, other]) await network.connect({ Container: container.id })
  await container.start()
  const { Networks: networks } = (await container.inspect()).NetworkSettings
  const addressOn = (name: string): string => {
    const address = networks[name]?.IPAddress
    // An attempt at no address at all would fail by itself.
    if (!address) throw new Error(`the victim has no address on ${name}`)
    return address
  }
  const neighbour = addressOn(outside.name)
  const bridge = (await docker.getNetwork('bridge').inspect()).IPAM?.Config?.[0]?.Gateway
  const everywhere = {
    ...{ MARK: mark, HOST_PORT: port, OUTSIDE: outside.address, OUTSIDE_SIX: '2001:db8:4716::1', METADATA: metadata },
    ...{ BRIDGE: bridge ?? '172.17.0.1', HOST_ADDRESS: ownAddress() ?? outside.address },
    OTHER_HOME: `/var/lib/docker/volumes/${home}/_data`,
  }
  return {
    toSandbox: (proxy) => ({
      ...{ ...everywhere, WHO: 'sandbox', DNS_SERVER: neighbour, NEIGHBOUR: addressOn(open) },
      OTHER_SANDBOX: addressOn(`attempts-${scope}-limited`),
      ...{ PROXY: proxy.inside, PROXY_OUTSIDE: proxy.outside, PROXY_OUTSIDE_PORT: '3128' },
    }),
    toControl: {
      ...{ ...everywhere, WHO: 'control', DNS_SERVER: neighbour, NEIGHBOUR: neighbour, OTHER_SANDBOX: neighbour },
      ...{ PROXY: `${outside.address}:${port}`, PROXY_OUTSIDE: outside.address, PROXY_OUTSIDE_PORT: port },
    },
    asked: async () => (await container.logs({ stdout: true, stderr: true })).toString(),
    control: async (root) => startControl(docker, { scope, image, home, root, network: outside.name, dns: neighbour }),
  }
}

/** Of those meant for documentation, which are nobody's and not private; one that something else has is passed over. */
async function createOutside(
  docker: Docker,
  labels: Readonly<Record<string, string>>,
): Promise<{ readonly network: Docker.Network; readonly name: string; readonly address: string }> {
  for (let part = 0; ; part += 16) {
    const name = `attempts-${labels['dev.sbx.scope'] ?? ''}-outside-${String(part)}`
    const address = `198.51.100.${String(part + 1)}`
    const Config = [
      { Subnet: `198.51.100.${String(part)}/28`, Gateway: address },
      { Subnet: `2001:db8:4716:${String(part)}::/64` },
    ]
    try {
      const network = await docker.createNetwork({ Name: name, Labels: labels, EnableIPv6: true, IPAM: { Config } })
      return { network, name, address }
    } catch (error) {
      if (part >= 240 || !/overlap/i.test(String(error))) throw error
    }
  }
}

/** Of this machine to others. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ family, internal, address }) => family === 'IPv4' && !internal && !address.endsWith('.0.1'))
    ?.address
}

/** Beside those that an engine gives unasked. */
const capabilities = [
  ...['DAC_READ_SEARCH', 'MKNOD', 'NET_ADMIN', 'NET_RAW', 'SYSLOG', 'SYS_ADMIN', 'SYS_CHROOT'],
  ...['SYS_MODULE', 'SYS_NICE', 'SYS_PTRACE', 'SYS_RAWIO'],
]

/** As a sandbox is, with a folder in place of its workspace's, but for all that protects. */
async function startControl(
  docker: Docker,
  at: { scope: string; image: string; home: string; root: string; network: string; dns: string },
): Promise<string> {
  const workspace = join(at.root, 'project')
  const bind = (Source: string, Target: string, ReadOnly = false) => ({
    Type: 'bind' as const,
    Source,
    Target,
    ReadOnly,
  })
  // Without one that was said, a function that looks for it.
  const { socketPath } = docker.modem as unknown as { readonly socketPath: unknown }
  const socket = typeof socketPath === 'string' ? socketPath : '/var/run/docker.sock'
  const container = await docker.createContainer({
    ...{ name: `attempts-${at.scope}-control`, Image: at.image, User: '0:0', Labels: { 'dev.sbx.scope': at.scope } },
    ...{ Entrypoint: ['sleep', 'infinity'], Cmd: [], WorkingDir: workspace },
    HostConfig: {
      ...{
        Init: true,
        NetworkMode: at.network,
        Dns: [at.dns],
        CapAdd: capabilities,
        MaskedPaths: [],
        ReadonlyPaths: [],
      },
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
      Mounts: [
        bind(at.root, at.root),
        bind(join(at.root, 'data'), '/data', true),
        bind('/dev/null', join(workspace, '.env.local'), true),
        { Type: 'tmpfs', Source: '', Target: join(workspace, 'private') },
        { Type: 'volume', Source: at.home, Target: `/var/lib/docker/volumes/${at.home}/_data` },
        bind(socket, '/var/run/docker.sock'),
      ],
    },
  })
  await container.start()
  return container.id
}

/** What is hidden from a sandbox, kept from it or only to be read, each with the mark in it. */
export async function layOut(root: string, mark: string): Promise<void> {
  const files = [
    ...['project/.env', 'project/.env.local', 'project/secrets/key', 'project/private/key'],
    ...['outside/secret', 'data/in', 'home/.local/state/sbx/approvals/other.json'],
  ]
  for (const file of files) {
    await mkdir(join(root, file, '..'), { recursive: true })
    await writeFile(join(root, file), mark)
  }
}
